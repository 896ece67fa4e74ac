"""What everybody reads: page, feed and JSON show the same set, by lasting addresses, in the language of the path."""

from __future__ import annotations

import json
import re
from typing import Any

import feedparser
import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from notices import wording
from notices.formats import FEEDS
from tests import make

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer


def shown(client: Client, query: str = "") -> tuple[set[str], set[str], set[str]]:
    page = get(client, f"/en/{query}").content.decode()
    feed = feedparser.parse(get(client, f"/en/feed.atom{query}").content)
    document = json.loads(get(client, f"/en/feed.json{query}").content)
    references = {item["_fairway"]["reference"] for item in document["items"]}
    return (
        {reference for reference in references if reference in page},
        {entry.title.split()[0] for entry in feed.entries},
        references,
    )


def test_page_feed_and_json_show_the_same_set(client: Client) -> None:
    make.issued(title="Gale")
    make.issued(make.row(make.place("GBDVR")), title="Strike")
    make.issued(title="Exercise: Drill", status="Exercise")
    make.pending(title="Secret draft")
    over = make.issued(title="Short", ends_at=make.in_hours(2))
    for query, count in (("", 3), ("?q=Dover", 1), ("?place=ESALG", 2), ("?q=nowhere", 0)):
        page, feed, document = shown(client, query)
        assert page == feed == document, query
        assert len(document) == count, query
    assert over.notice.reference in shown(client)[2]


def test_drafts_and_exercises_are_nowhere(client: Client) -> None:
    make.pending(title="Secret draft")
    make.issued(title="Exercise: Drill", status="Exercise")
    for path in ("/en/", "/en/feed.atom", "/en/feed.json"):
        assert "Secret" not in get(client, path).content.decode()
        assert "Drill" not in get(client, path).content.decode()


def test_empty_feed_is_valid_and_empty(client: Client) -> None:
    feed = feedparser.parse(get(client, "/en/feed.atom").content)
    assert (feed.bozo, feed.entries) == (False, [])
    assert feed.feed.updated and feed.feed.id


def test_permanent_address_leads_to_the_reader_s_language(client: Client) -> None:
    reference = make.issued().notice.reference
    answer = client.get(f"/n/{reference}/1", headers={"accept-language": "fr"})
    assert (answer.status_code, answer["Location"]) == (302, f"/fr/n/{reference}/1/")
    assert "Fermé" in get(client, answer["Location"]).content.decode()
    assert client.get("/en/n/PD-1999-0001/").status_code == 404


def test_narrowed_page_says_so_and_never_that_no_notice_is_in_force(client: Client) -> None:
    make.issued(make.row(make.place("GBDVR"), modes=["maritime"]), title="Gale")
    for query, words in (("?mode=air", "Only what fits: Air."), ("?q=zzzz", "Only what fits: zzzz.")):
        page = get(client, f"/en/{query}").content.decode()
        assert words in page and "No notice in force fits your search." in page
        assert "No notice is in force." not in page and "usual opening hours" not in page
    narrowed = get(client, "/en/?place=gbdvr").content.decode()
    assert "Only what fits: GBDVR." in narrowed and "Gale" in narrowed
    assert "Only what fits" not in get(client, "/en/").content.decode()


def test_number_in_small_letters_leads_to_its_notice(client: Client) -> None:
    version = make.issued()
    small = version.notice.reference.lower()
    assert client.get(f"/n/{small}/1")["Location"] == f"/en/n/{version.notice.reference}/1/"
    for tail in ("", "1/"):
        answer = client.get(f"/en/n/{small}/{tail}")
        assert (answer.status_code, answer["Location"]) == (301, f"/en/n/{version.notice.reference}/{tail}")
    assert client.get("/en/n/pd-1999-0001/", follow=True).status_code == 404



# AUT-05, AUT-28
def test_first_version_stays_readable_and_points_to_the_newest(client: Client) -> None:
    first = make.issued(title="Gale")
    make.next_version(first.notice, title="Gale, longer")
    page = get(client, f"/en/n/{first.notice.reference}/1/").content.decode()
    assert "This is an earlier version." in page
    assert "Gale, longer" in get(client, f"/en/n/{first.notice.reference}/").content.decode()


def test_withdrawn_notice_stands_in_the_list_no_more_as_one_in_force_and_says_so_on_its_page(client: Client) -> None:
    first = make.issued(title="Gale")
    make.next_version(first.notice, action="withdraw")
    (item,) = json.loads(get(client, "/en/feed.json").content)["items"]
    assert item["tags"][0] == "withdrawn" and item["title"].startswith("[Withdrawn]")
    assert "No notice is in force." in get(client, "/en/").content.decode()
    assert "This notice was withdrawn." in get(client, f"/en/n/{first.notice.reference}/").content.decode()


def test_feed_tells_the_first_issue_and_the_office(client: Client) -> None:
    version = make.issued()
    make.next_version(version.notice, title="Longer")
    feed = feedparser.parse(get(client, "/en/feed.atom").content)
    [entry] = feed.entries
    assert entry.published == version.issued_at.isoformat(timespec="seconds")
    assert entry.author == "Of Alg" and feed.feed.author == "Fairway"


def test_what_ended_stays_in_the_feed_for_a_month_and_says_so(client: Client) -> None:
    over = make.issued(title="Gale", ends_at=make.in_hours(2))
    dover = make.issued(make.row(make.place("GBDVR")), title="Strike")
    make.next_version(dover.notice, action="withdraw")
    moved = [feedparser.parse(get(client, "/en/feed.atom").content).feed.updated]
    for hours in (1, 3, 24, 24 * 29, 24 * 31, 24 * 400):
        with make.clock_at(make.in_hours(hours)):
            feed = feedparser.parse(get(client, "/en/feed.atom").content)
        moved.append(feed.feed.updated)
        titles = {entry.title.split(" PD-")[0].strip("[]") for entry in feed.entries if entry.title[0] == "["}
        assert titles == {1: {"Withdrawn"}, 3: {"Over", "Withdrawn"}}.get(hours, titles), hours
        assert len(feed.entries) == (0 if hours > 24 * 30 + 2 else 2), hours
        for entry in feed.entries:
            assert entry.updated <= feed.feed.updated
    assert moved == sorted(moved)
    assert over.ends_at.isoformat(timespec="seconds") == moved[-1]


def test_row_ends_with_its_notice_unless_it_has_an_end_of_its_own(client: Client) -> None:
    end, sooner = make.in_hours(9), make.in_hours(3)
    own_end = make.row(make.place("GBDVR"), ends_at=sooner, ends_local=sooner.strftime("%Y-%m-%dT%H:%M"))
    make.issued(make.row(), own_end, ends_at=end)
    notice = json.loads(get(client, "/en/feed.json").content)["items"][0]["_fairway"]
    assert [place["ends"] for place in notice["places"]] == [end.isoformat(), sooner.isoformat()]


@pytest.mark.parametrize("query", ["severity=bogus", "mode=sea", "kind=zzz", "place=Dover+port"])
def test_question_that_is_not_understood_is_never_answered_with_everything(client: Client, query: str) -> None:
    make.issued(title="Gale")
    page = client.get(f"/en/?{query}")
    assert page.status_code == 400 and "This address asks for something unknown" in page.content.decode()
    assert "Gale" not in page.content.decode()
    for feed in FEEDS:
        answer = client.get(f"{reverse(feed.name)}?{query}")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        assert [wrong["parameter"] for wrong in answer.json()["errors"]] == [query.split("=")[0]]


# AUT-28
def test_atom_ids_last_and_move_only_with_a_version(client: Client) -> None:
    first = make.issued()
    before = feedparser.parse(get(client, "/en/feed.atom").content).entries[0]
    make.next_version(first.notice, title="Longer")
    after = feedparser.parse(get(client, "/en/feed.atom").content).entries[0]
    assert before.id == after.id == f"urn:uuid:{first.notice.uid}"
    assert "127.0.0.1" not in after.id


def test_control_characters_never_break_the_feed(client: Client) -> None:
    make.issued(title="Gale\x0b\x1d stops")
    etree.fromstring(get(client, "/en/feed.atom").content)


def test_public_pages_set_no_cookie_and_may_be_kept_briefly(client: Client) -> None:
    make.issued()
    for path in ("/en/", "/en/feed.atom", "/en/feed.json"):
        answer = get(client, path)
        assert not answer.cookies, path
        assert "public" in answer["Cache-Control"] and "s-maxage=1" in answer["Cache-Control"]


def test_json_holds_public_facts_and_no_person(client: Client) -> None:
    version = make.issued()
    document = get(client, "/en/feed.json").content.decode()
    notice = json.loads(document)["items"][0]["_fairway"]
    for field in ("id", "revision", "status", "kind", "places", "starts", "ends", "time_zone", "updated", "url"):
        assert notice[field], field
    assert notice["ends"] == "not known"
    for secret in (version.author.email, version.author.name):
        assert secret not in document


def test_feed_names_the_published_site_whatever_address_was_asked(client: Client, settings: Any) -> None:
    settings.FAIRWAY_SITE_URL, settings.ALLOWED_HOSTS = "https://customs.example", ["127.0.0.1"]
    make.issued(make.row(make.place("GBDVR")))
    answer = client.get("/en/feed.atom?q=Dover", headers={"host": "127.0.0.1"})
    feed = feedparser.parse(answer.content)
    assert feed.feed.id == "tag:fairway.example,2026:/en/feed.atom?q=Dover"  # RFC 4151: lasts when the site moves
    assert {link.href.split("/")[2] for link in feed.feed.links} == {"customs.example"}
    assert b"127.0.0.1" not in answer.content


def test_reader_who_has_the_page_gets_it_again_only_when_it_changed(client: Client) -> None:
    first = make.issued(title="Gale", next_update_at=make.in_hours(2))
    paths = ["/en/", f"/en/n/{first.notice.reference}/", *(reverse(feed.name) for feed in FEEDS)]
    marks = {path: get(client, path)["ETag"] for path in paths}

    def answers(hours: float) -> set[int]:
        with make.clock_at(make.in_hours(hours)):
            return {client.get(path, headers={"if-none-match": marks[path]}).status_code for path in paths}

    assert {path: client.head(path)["ETag"] for path in paths} == marks
    assert answers(0) == answers(1) == {304}  # "as of" alone moved on
    assert answers(2.1) == {200}  # the promised update is late now
    make.next_version(first.notice, title="Longer")
    assert answers(0.01) == {200}
    assert get(client, "/fr/")["ETag"] != get(client, "/en/")["ETag"]


def test_every_feed_of_the_registry_is_linked_and_read_in_every_language(client: Client) -> None:
    version = make.issued(title="Gale")
    for language in ("en", "fr", "es"):
        page = get(client, f"/{language}/?q=gale").content.decode()
        for feed in FEEDS:
            path = f"/{language}/{feed.file}"
            assert f'<link rel="alternate" type="{feed.link_type}"' in page and page.count(f'"{path}?q=gale"') == 2
            answer = get(client, path)
            assert answer["Content-Type"] == f"{feed.media_type}; charset=utf-8"
            assert version.notice.reference in answer.content.decode()


def test_form_that_waited_too_long_says_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/en/ask/", {})
    assert answer.status_code == 403
    assert "Nothing was saved or sent." in answer.content.decode()


def test_place_of_two_rows_is_named_once_among_the_facts(client: Client) -> None:
    dover = make.place("GBDVR")
    version = make.issued(make.row(dover, traffic=["cargo"]), make.row(dover, traffic=["crew"]), title="Gale")
    page = get(client, f"/en/n/{version.notice.reference}/").content.decode()
    assert page.count('class="f-code">GBDVR') == 1


def test_updates_that_are_due_stand_soonest_first(client: Client) -> None:
    make.issued(title="Later one", next_update_at=make.in_hours(9))
    make.issued(make.row(make.place("GBDVR")), title="Sooner one", next_update_at=make.in_hours(3))
    due = get(client, "/en/").content.decode().split('id="due"')[1].split("</section>")[0]
    assert due.index("Sooner one") < due.index("Later one")


def test_what_is_planned_is_not_shown_in_the_colours_of_now() -> None:
    planned = make.issued(make.row(starts_at=make.in_hours(20)), title="Crane work", starts_at=make.in_hours(20))
    for page in (f"/en/n/{planned.notice.reference}/", "/en/"):
        said = Client().get(page).content.decode()
        main = said[said.index("<main") :]
        assert "Planned" in main and "s-closed" not in main and "Crane work" in main


def test_a_label_stands_before_each_line_that_it_rules() -> None:
    at = make.place("ESALG")
    people = make.row(at, traffic=["other_travellers"], modes=["maritime"])
    late = make.row(at, status="congested", traffic=["cargo"], modes=["maritime"])
    road = make.row(at, status="open", traffic=["cargo", "other_travellers"], modes=["road"])
    version = make.issued(people, late, road, title="Quay")
    lines = [line.spoken for line in wording.wording(version, "en").lines]
    assert all(line.startswith(("Sea", "Road")) for line in lines), lines


def test_short_text_is_there_to_copy_of_what_holds_and_of_nothing_else(client: Client) -> None:
    first = make.issued(title="Gale", ends_at=make.in_hours(2))
    address = f"/en/n/{first.notice.reference}/"
    block = re.search(r"<textarea[^>]* readonly[^>]*>(.*?)</textarea>", get(client, address).content.decode())
    assert block and block[1].startswith(f"{first.notice.reference} v1: Gale. Closed")
    with make.clock_at(make.in_hours(3)):
        assert "<textarea" not in get(client, address).content.decode()  # it is over
    make.next_version(first.notice, title="Longer")
    assert "<textarea" not in get(client, f"{address}1/").content.decode()  # it was replaced
    assert " v2: Longer." in get(client, address).content.decode()


def test_page_says_of_each_place_what_holds_there_and_of_nothing_that_is_past(client: Client) -> None:
    version = make.issued(make.row(), make.row(make.place("GBDVR"), status="restricted"), ends_at=make.in_hours(2))
    address = f"/en/n/{version.notice.reference}/"
    page = get(client, address).content.decode().split('id="by-place"')[1]
    assert page.index("Algeciras") < page.index("Closed") < page.index("Dover") < page.index("Restricted")
    with make.clock_at(make.in_hours(3)):
        assert 'id="by-place"' not in get(client, address).content.decode()
