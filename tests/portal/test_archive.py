"""The archive: everything ever published, by words and filters that stand in the address, page by page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notices.formats import FEEDS
from notices.models import Notice
from portal.pages import archive
from tests import make

pytestmark = pytest.mark.django_db
REFERENCE = re.compile(r'<span class="f-code">([A-Z]{2}-\d{4}-\d{4,})</span>')


def text(query: str = "", language: str = "en", status: int = 200) -> str:
    answer = Client().get(f"/{language}/notices/{query}")
    assert answer.status_code == status, query
    return answer.content.decode()


def on_pages(query: str) -> list[str]:
    """The numbers on all pages of an answer, in order."""
    found: list[str] = []
    while query is not None:
        page = text(query)
        found += REFERENCE.findall(page)
        after = re.search(r'rel="next" href="([^"]+)"', page)
        query = after.group(1).replace("&amp;", "&") if after else None  # type: ignore[assignment]
    return found


def test_everything_ever_published_is_there_and_says_what_became_of_it() -> None:
    make.issued(title="Now")
    make.issued(title="Later", starts_at=make.in_hours(1000), ends_at=make.in_hours(1001))
    make.issued(title="Long ago", ends_at=make.in_hours(5))
    gone = make.issued(title="Mistake")
    make.next_version(gone.notice, title="Mistake", action="withdraw")
    make.issued(title="Exercise: drill", status="Exercise")
    make.pending(title="Secret")
    with make.clock_at(make.in_hours(24 * 40)):
        page = text()
    for said in ("Now", "Later", "Planned", "Long ago", "Over", "Mistake", "Withdrawn", "4 notices"):
        assert said in page, said
    assert "drill" not in page and "Secret" not in page


def test_old_notice_is_found_by_words_and_its_place_is_offered() -> None:
    make.issued(make.row(make.place("GBDVR")), title="Fog", ends_at=make.in_hours(5))
    with make.clock_at(make.in_hours(24 * 400)):
        page = text("?q=dover+fog&state=over")
    assert "Fog" in page and 'value="dover fog"' in page and '<option value="over" selected' in page
    assert 'href="/en/places/GBDVR/"' in text("?q=Dover")
    assert 'href="/en/places/GBDVR/"' in text("?q=gbdvr")


def test_what_nobody_wrote_finds_nothing_and_says_what_to_do_next() -> None:
    make.issued(title="Gale")
    assert "Try fewer words, the name of a place, or its code." in text("?q=zebra")
    assert "Try fewer filters, or fewer words." in text("?q=gale&mode=rail&kind=advisory")
    assert "All notices" in text("?q=zebra")


UNKNOWN = ("state=gone", "since=1.2.2026", "until=x", "language=xx", "sort=odd", "page=0", "page=x", "severity=bad")


@pytest.mark.parametrize("query", UNKNOWN)
def test_unknown_value_shows_nothing_and_says_so(query: str) -> None:
    make.issued(title="Gale")
    page = text(f"?{query}", status=400)
    assert "This address asks for something unknown" in page and "Gale" not in page


def test_pages_keep_the_question_and_hold_each_notice_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "A_PAGE", 2)
    for number in range(5):
        make.issued(title=f"Gale {number}")
    assert [len(on_pages(query)) for query in ("", "?q=gale", "?q=gale&sort=newest&mode=maritime")] == [5, 5, 5]
    newest = on_pages("?sort=newest")
    assert newest == sorted(newest, reverse=True) and len(set(newest)) == 5
    assert "Page 2 of 3" in text("?page=2") and 'href="?q=gale&amp;page=2"' in text("?q=gale")
    text("?page=4", status=404)


def test_each_feed_of_the_same_question_is_told_once() -> None:
    make.issued(title="Gale")
    page = text("?q=gale&sort=newest&page=1")
    for feed in FEEDS:
        assert page.count(f'<link rel="alternate" type="{feed.link_type}"') == 1
        assert page.count(f'href="/en/{feed.file}?q=gale&amp;history=true"') == 2


QUESTIONS = st.fixed_dictionaries({}, optional={
    "q": st.sampled_from(["gale", "fog", "dover", "Algecira", "PD-20", "zebra", "gale dover"]),
    "place": st.sampled_from(["ESALG", "GBDVR"]),
    "mode": st.sampled_from(["maritime", "rail"]),
    "severity": st.sampled_from(["Severe", "Minor"]),
    "kind": st.sampled_from(["port_downtime", "advisory"]),
    "state": st.sampled_from(["current", "planned", "over", "withdrawn"]),
    "since": st.sampled_from(["2020-01-01", "2099-01-01"]),
    "until": st.sampled_from(["2020-01-01", "2099-01-01"]),
    "language": st.sampled_from(["en", "fr"]),
})  # fmt: skip


def _told(client: Client, query: str) -> tuple[set[str], set[str]]:
    feed = json.loads(client.get(f"/en/feed.json?history=true&{query}").content)
    api = json.loads(client.get(f"/api/v1/notices/?history=true&{query}").content)
    said = {item["_fairway"]["reference"] for item in feed["items"]}
    return said, {one["reference"] for one in api["results"]}


def test_archive_feed_and_api_give_the_same_set_for_any_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "A_PAGE", 2)
    dover = make.place("GBDVR")
    make.issued(title="Gale", severity="Minor")
    make.issued(make.row(dover), title="Gale", ends_at=make.in_hours(5))
    make.issued(make.row(dover), title="Fog", starts_at=make.in_hours(3000), ends_at=make.in_hours(3001))
    gone = make.issued(make.row(dover), title="Strike")
    make.next_version(gone.notice, title="Strike", action="withdraw")
    make.issued(title="Exercise: gale", status="Exercise")

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(QUESTIONS)
    def same(question: dict[str, str]) -> None:
        query = "&".join(f"{name}={value}" for name, value in question.items())
        pages = on_pages(f"?{query}")
        assert len(pages) == len(set(pages)), query
        assert (set(pages), set(pages)) == _told(Client(), query), query

    with make.clock_at(make.in_hours(24 * 60)):
        same()


def test_two_hundred_notices_take_as_many_queries_as_two(settings: Any) -> None:
    counted = []
    for wanted in (2, archive.A_PAGE + 5):
        for number in range(wanted - Notice.objects.count()):
            make.issued(title=f"Gale {number}")
        for query in ("?q=gale", "?q=gael&state=current&since=2020-01-01", ""):
            with CaptureQueriesContext(connection) as asked:
                text(query)
            counted.append(len(asked))
    assert counted[:3] == counted[3:] and max(counted) <= 15, counted


def test_reader_who_has_the_page_gets_it_again_only_when_it_changed() -> None:
    first = make.issued(title="Gale", next_update_at=make.in_hours(2), ends_at=make.in_hours(5))
    client = Client()
    mark = client.get("/en/notices/?q=gale")["ETag"]

    def answer(hours: float) -> int:
        with make.clock_at(make.in_hours(hours)):
            return client.get("/en/notices/?q=gale", headers={"if-none-match": mark}).status_code

    assert [answer(hours) for hours in (0.1, 1, 2.1, 5.1, 24 * 30)] == [304, 304, 200, 200, 200]
    make.next_version(first.notice, title="Longer")
    assert answer(0.1) == 200
