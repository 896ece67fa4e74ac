"""How soon and how reliably the trade was told, in numbers that stand the same in drawing, table and CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def text(query: str = "", language: str = "en", status: int = 200) -> str:
    answer = Client().get(f"/{language}/statistics/{query}")
    assert answer.status_code == status
    return answer.content.decode()


def lines(group: str) -> dict[str, dict[str, str]]:
    answer = Client().get("/en/statistics.csv").content.decode("utf-8-sig")
    return {line["Name"]: line for line in csv.DictReader(io.StringIO(answer)) if line["Group"] == group}


def whole() -> dict[str, str]:
    """The figures of the one office that all notices of these tests come from."""
    return lines("Office").get("Of Alg", {})


def closed(hours_ago: float, *rows: Any, **fields: Any) -> Any:
    start = make.now() - hours_ago * HOUR
    return make.issued(*(rows or [make.row(starts_at=start)]), starts_at=start, **fields)


def test_time_to_notice_runs_from_the_start_of_a_closure_to_its_first_notice() -> None:
    for hours in (1, 2, 9):
        closed(hours)
    assert (whole()["Closures told after their start"], whole()["Minutes to notice (median)"]) == ("3", "120")
    assert "2 h 0 min" in text()


def test_what_was_announced_before_or_closes_nothing_has_no_time_to_notice() -> None:
    start = make.now() - HOUR
    closed(-5)
    closed(1, make.row(starts_at=start, status="open"))
    assert whole() == {}
    assert "Nothing to count yet." in text()


def test_exercises_drafts_and_withdrawn_mistakes_count_nowhere() -> None:
    closed(3, title="Exercise: drill", status="Exercise")
    make.pending(starts_at=make.now() - HOUR)
    mistake = closed(3, title="Mistake", next_update_at=make.in_hours(1))
    make.next_version(mistake.notice, title="Mistake", action="withdraw")
    with make.clock_at(make.in_hours(3)):
        assert whole() == {}


def test_promises_are_kept_late_or_not_yet_due() -> None:
    kept = closed(1, next_update_at=make.in_hours(4))
    make.next_version(kept.notice, title="Longer", next_update_at=make.in_hours(8), at=make.in_hours(3))
    closed(1, next_update_at=make.in_hours(2))
    with make.clock_at(make.in_hours(5)):
        found = whole()
    assert (found["Promised updates"], found["In time"], found["Minutes late (median)"]) == ("2", "1", "180")


def test_estimate_stands_beside_the_hour_of_the_all_clear() -> None:
    for cleared in (4, 6, 20):
        first = closed(1, reopens_earliest=make.in_hours(3), reopens_latest=make.in_hours(5))
        at = make.in_hours(cleared)
        make.next_version(
            first.notice, make.row(status="open", starts_at=at), title="Open", starts_at=at, ends_at=at + 24 * HOUR,
            action="all_clear", at=at,
        )  # fmt: skip
    with make.clock_at(make.in_hours(30)):
        found, page = whole(), text()
    assert (found["Estimates"], found["Within the estimate"]) == ("3", "1")
    assert found["Minutes from estimate to actual (median)"] == "60"
    assert "1 h 0 min later" in page and "1 of 3" in page


def test_months_offices_and_places_hold_the_same_facts() -> None:
    dover = make.place("GBDVR", at=make.office("of-dov"))
    start = make.now() - HOUR
    closed(1, make.row(starts_at=start), make.row(dover, starts_at=start))
    closed(1, make.row(starts_at=start, place_id=None, place_name="Quarry road"))
    months, offices, places = lines("Month"), lines("Office"), lines("Place")
    counted = "Closures told after their start"
    assert len(months) == 12 and sum(int(line[counted]) for line in months.values()) == 2
    assert sum(int(line[counted]) for line in offices.values()) == 2
    assert {name: line[counted] for name, line in places.items()} == dict.fromkeys(
        ("Algeciras", "Dover", "Quarry road"), "1"
    )
    page = text("?by=place")
    assert 'href="/en/places/GBDVR/"' in page and "Quarry road" in page and "counts at each of them" in page


def test_unknown_group_shows_nothing_and_says_so() -> None:
    assert "This address asks for something unknown" in text("?by=moon", status=400)


def test_what_is_more_than_twelve_months_old_counts_no_more() -> None:
    closed(1, next_update_at=make.in_hours(2))
    with make.clock_at(make.in_hours(24 * 330)):
        assert whole()["Promised updates"] == "1"
    with make.clock_at(make.in_hours(24 * 400)):
        assert whole() == {}


def test_six_queries_whatever_there_is() -> None:
    counted = []
    for number in (1, 4):
        for _time in range(number):
            closed(1, next_update_at=make.in_hours(1))
        with CaptureQueriesContext(connection) as asked:
            text()
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 6, counted


def test_reader_who_has_the_page_gets_it_again_when_it_changed() -> None:
    closed(1, next_update_at=make.in_hours(2))
    client = Client()
    answer = client.get("/en/statistics/")
    assert "s-maxage=1" in answer["Cache-Control"] and not answer.cookies

    def again() -> int:
        return client.get("/en/statistics/", headers={"if-none-match": answer["ETag"]}).status_code

    with make.clock_at(make.in_hours(2.1)):
        assert again() == 200
    closed(2)
    assert again() == 200
