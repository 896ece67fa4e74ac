"""What everybody sees of a crisis: the banner on every page, the page itself, and the archive that stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notices import crisis as crises
from notices.formats import FEEDS
from notices.models import Crisis
from portal import banner
from portal.everybody import reads_no_session
from tests import make
from tests.matrix import world as worlds
from tests.matrix.matrix import ROWS
from tests.matrix.test_matrix import url_patterns

pytestmark = pytest.mark.django_db
BANNER = 'class="f-banner" role="region" aria-label="Crisis"'
# What is no page, and the sheet for a gate, which hangs there when all is over.
BARE = {
    "livez", "readyz", "favicon", "status_json", "metrics", "cap_message", "board_csv", "place_csv",
    "statistics_csv", "widget",  # a frame within somebody else’s page
    *(feed.name for feed in FEEDS),
}  # fmt: skip


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def close(crisis: Crisis) -> Crisis:
    seen = Crisis.objects.get(pk=crisis.pk).edits
    return crises.set_level(crisis, level="normal", seen=seen, by=make.user("headquarters"), now=make.now())


def public_pages(world: worlds.World) -> list[str]:
    """Every page that the matrix shows to anybody without an account or a link."""
    rows = [row for row in ROWS if row.method == "GET" and row.expected()["anonymous"] == "200"]
    names = {name for row in rows for name in row.names.split()}
    asked = [name for name in sorted(names - BARE) if not name.startswith("api_")]
    return [reverse(name, kwargs=worlds.arguments(world, name, "", "anonymous")) for name in asked]


def test_banner_stands_on_every_public_page_and_goes_everywhere(client: Client) -> None:
    world = worlds.build()
    paths = [*public_pages(world), "/en/nothing-here/"]
    assert len(paths) > 20
    lacking = [path for path in paths if BANNER not in client.get(path).content.decode()]
    assert lacking == []
    close(world.crisis)
    assert [path for path in paths if BANNER in client.get(path).content.decode()] == []


def test_each_page_that_a_reader_keeps_is_sent_again_as_the_level_changes_and_only_then(client: Client) -> None:
    world = worlds.build()
    close(world.crisis)
    names = {pattern.name for pattern in url_patterns() if reads_no_session(pattern.callback)} - BARE
    known = {path: client.get(path).headers.get("ETag") for path in public_pages(world)}
    kept = {path: mark for path, mark in known.items() if mark}
    assert len(kept) >= 8 and {"home", "board", "map", "place", "notice", "crises", "crisis"} <= names
    chief = make.user("headquarters")

    def again() -> set[int]:
        return {client.get(path, headers={"if-none-match": mark}).status_code for path, mark in kept.items()}

    assert again() == {304}
    crisis = make.crisis(level="watch", by=chief)
    assert again() == {200}
    for level in ("crisis", "normal"):
        kept = {path: client.get(path)["ETag"] for path in kept}
        assert again() == {304}
        crisis.refresh_from_db()
        crises.set_level(crisis, level=level, seen=crisis.edits, by=chief, now=make.now())
        assert again() == {200}, level


def test_feeds_are_not_sent_again_for_a_banner_that_they_do_not_have(client: Client) -> None:
    make.issued()
    marks = {feed.name: client.get(reverse(feed.name))["ETag"] for feed in FEEDS}
    make.crisis()
    for name, mark in marks.items():
        assert client.get(reverse(name), headers={"if-none-match": mark}).status_code == 304, name


def test_banner_costs_one_query(client: Client) -> None:
    make.issued()
    for path in ("/en/", "/en/places/", "/en/ask/"):
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        assert len([query for query in asked if 'FROM "notices_crisis"' in query["sql"]]) == 1, path


def test_page_that_tells_of_a_broken_database_comes_without_its_banner(client: Client, monkeypatch: Any) -> None:
    def away(_request: Any) -> list[Crisis]:
        raise OperationalError("the database is away")

    monkeypatch.setattr(banner, "open_crises", away)
    assert client.get("/en/status/").status_code in (200, 503)
    assert client.get("/en/nothing-here/").status_code == 404


def test_banner_names_every_open_page_the_gravest_first(client: Client) -> None:
    make.crisis(level="watch", title="Strike")
    make.crisis(title="Flood")
    page = text(client, "/en/")
    shown = re.sub(r"<[^>]+>|\s+", " ", page[page.index(BANNER) : page.index("<header")])
    assert " ".join(shown.split()).endswith("Crisis: Flood · Watch: Strike")


def test_page_tells_situation_places_notices_contacts_partners_and_changes(client: Client, settings: Any) -> None:
    settings.FAIRWAY_CALL_LIST = {"of-alg": "+34 956 555 000"}
    valencia = make.place("ESVLC")
    flood = make.issued(make.row(valencia), title="Flood at the gates", next_update_at=make.in_hours(1))
    make.issued(make.row(make.place("GBDVR")), title="Gale far away")
    crisis = make.crisis(
        valencia, contacts=[("Drivers", "+44 1632 960144"), ("Desk", "desk@customs.example")],
        partners=[("Coast guard", "https://coast.example/")],
    )  # fmt: skip
    page = text(client, f"/en/crisis/{crisis.reference}/")
    for words in (
        "The gates are flooded. Ships still work.", "Flood at the gates", flood.notice.reference, "Next update by",
        'href="tel:+441632960144"', 'href="mailto:desk@customs.example"', 'href="tel:+34956555000"',
        'href="https://coast.example/"', "checked", "Page opened", "Level set to crisis",
    ):  # fmt: skip
        assert words in page, words
    assert "Gale far away" not in page and crisis.places.get().name in page
    with make.clock_at(make.in_hours(3)):
        table = text(client, f"/en/crisis/{crisis.reference}/").partition("<table")[2].partition("</table>")[0]
    assert "Late 2 h 0 min" in table


def test_page_shows_no_empty_sections(client: Client) -> None:
    page = text(client, f"/en/crisis/{make.crisis().reference}/")
    titles = [re.sub(r"<[^>]+>", "", part).strip() for part in re.findall(r"<h2.*?</h2>", page)]
    assert titles == ["Places", "Change log"]


def test_words_come_in_the_language_of_the_reader_else_in_the_official_one(client: Client) -> None:
    texts = {"en": {"title": "Flood", "situation": "Gates."}, "fr": {"title": "Inondation", "situation": "Portes."}}
    path = f"crisis/{make.crisis(texts=texts).reference}/"
    assert '<h1 lang="fr" dir="auto">Inondation</h1>' in text(client, f"/fr/{path}")
    assert '<h1 lang="en" dir="auto">Flood</h1>' in text(client, f"/es/{path}")


def test_archive_stays_at_its_address_and_says_since_when_it_is_over(client: Client) -> None:
    make.issued(make.row(make.place("ESVLC")), title="Flood at the gates")
    crisis = close(make.crisis(make.place("ESVLC"), contacts=[("Drivers", "+44 1632 960144")]))
    page = text(client, f"/en/crisis/{crisis.reference}/")
    for words in (
        "This is over.", "Ships still work.", "How the places stood when it was closed", "Flood at the gates",
        "Page closed: level normal",
    ):  # fmt: skip
        assert words in page, words
    assert "+44 1632 960144" not in page and "f-banner" not in page
    index = text(client, "/en/crisis/")
    assert "There is no crisis now." in index and f"/en/crisis/{crisis.reference}/" in index


def test_list_tells_what_is_open_with_its_situation(client: Client) -> None:
    assert "There is no crisis now." in text(client, "/en/crisis/")
    make.crisis()
    page = text(client, "/en/crisis/")
    assert "Ships still work." in page and "There is no crisis now." not in page


def test_unknown_number_is_404_and_small_letters_lead_on(client: Client) -> None:
    assert client.get("/en/crisis/CR-1999-0001/").status_code == 404
    reference = make.crisis().reference
    assert client.get(f"/en/crisis/{reference.lower()}/")["Location"] == f"/en/crisis/{reference}/"


def test_every_change_sends_the_page_again(client: Client) -> None:
    crisis = make.crisis(make.place("ESVLC"), partners=[("Coast guard", "https://coast.example/")])
    path, chief = f"/en/crisis/{crisis.reference}/", make.user("headquarters")
    known = client.get(path)["ETag"]
    assert client.get(path, headers={"if-none-match": known}).status_code == 304
    with make.clock_at(make.in_hours(1)):
        crises.check_partner(crisis.partners.get(), by=chief, now=make.in_hours(1))
        again = client.get(path, headers={"if-none-match": known})
    assert again.status_code == 200
    make.issued(make.row(make.place("ESVLC")), title="Flood")
    assert client.get(path, headers={"if-none-match": again["ETag"]}).status_code == 200


def test_log_names_what_was_added_in_the_language_of_the_page_and_folds_what_is_old(client: Client) -> None:
    crisis, chief = make.crisis(), make.user("headquarters")
    for number in range(6):
        texts = {"en": {"title": f"Flood {number}", "situation": "Gates."}}
        places = [make.place(), *([make.place("GBDVR")] if number % 2 else [])]
        wanted = crises.Content(texts=texts, places=places)
        crisis = crises.edit(crisis, content=wanted, seen=crisis.edits, by=chief, now=make.now())
    assert "Lieux ajoutés" in (page := text(client, f"/fr/crisis/{crisis.reference}/")) and "Douvres" in page
    assert "Earlier changes" in text(client, f"/en/crisis/{crisis.reference}/")
