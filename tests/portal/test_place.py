"""The page of one place: now, planned, history, downtime with the same numbers three times, and a poster."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client
from django.utils import translation

from base import charts
from tests import make

pytestmark = pytest.mark.django_db


def page(client: Client, path: str = "/en/places/ESALG/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def table(client: Client, what: str) -> list[list[str]]:
    answer = client.get(f"/en/places/ESALG/{what}.csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_place_says_what_holds_what_is_planned_and_what_was(client: Client) -> None:
    make.issued(title="Gale")
    make.issued(title="Works", starts_at=make.in_hours(30), ends_at=make.in_hours(40))
    past = make.issued(title="Fog", ends_at=make.in_hours(1))
    with make.clock_at(make.in_hours(2)):
        text = page(client)
    assert "Gale" in text and "Works" in text
    assert f"/n/{past.notice.reference}/1/" in text


def test_place_tells_of_its_own_rows_and_not_of_the_whole_notice(client: Client) -> None:
    here, there = make.place(), make.place("GBDVR")
    other = make.row(there)
    make.issued(other, make.row(here, starts_at=make.in_hours(5)), title="Comes later")
    make.issued(other, make.row(here, ends_at=make.in_hours(1)), title="Ends sooner")
    moved = make.issued(make.row(here), title="Was here once")
    make.next_version(moved.notice, other, title="Moved away")
    make.issued(make.row(here, status="restricted"), title="Still here")
    with make.clock_at(make.in_hours(2)):
        text = page(client)
    now, rest = text.split("Downtime in twelve months")
    planned = rest[rest.index('id="planned"') :].split("</section>")[0]
    assert "Still here" in now and "Comes later" in planned
    for title in ("Comes later", "Ends sooner", "Moved away", "Was here once"):
        assert title not in now, title
    assert "Moved away" not in planned and "Ends sooner" not in planned
    assert 'href="/en/notices/?place=ESALG"' in text and "/ Spain</p>" in text


def test_history_tells_once_what_several_versions_said_one_after_the_other(client: Client) -> None:
    here = make.place()
    first = make.issued(make.row(here), title="Flood")
    for hour, status in ((1, "closed"), (2, "restricted"), (3, "closed"), (4, "closed")):
        make.next_version(first.notice, make.row(here, status=status), title="Flood", at=make.in_hours(hour))
    with make.clock_at(make.in_hours(5)):
        text = page(client)
    history = text[text.index('id="history"') :].split("</ol>")[0]
    assert re.findall(r"/n/[^/]+/(\d)/", history) == ["5", "3", "2"]


def test_quiet_place_says_that_no_notice_is_in_force(client: Client) -> None:
    make.place()
    assert "No notice is in force here." in page(client)


def test_code_is_read_in_small_letters_too_and_an_unknown_one_is_404(client: Client) -> None:
    make.place()
    assert client.get("/en/places/esalg/")["Location"] == "/en/places/ESALG/"
    assert client.get("/en/places/XXXXX/").status_code == 404


def test_drawing_table_and_csv_hold_the_same_numbers(client: Client) -> None:
    make.issued(title="Gale")
    with make.clock_at(make.in_hours(30)):
        text = page(client)
        rows = table(client, "downtime")
    assert len(rows) == 13
    total = sum(float(hours) for _month, hours in rows[1:])
    assert total == pytest.approx(30, abs=0.1)
    shown = re.findall(r'<td class="f-num">([\d.]+)</td>', text)
    assert sum(map(float, shown)) == pytest.approx(total, abs=0.6)
    assert "30 hours in which some traffic could not pass." in text and '<svg class="f-draw ' in text


def test_record_of_promises_and_estimates_is_drawn_tabled_and_kept_as_csv(client: Client) -> None:
    estimate = {"reopens_earliest": make.in_hours(3), "reopens_latest": make.in_hours(4)}
    gale = make.issued(title="Gale", next_update_at=make.in_hours(2), **estimate)
    opened = make.in_hours(10)
    make.next_version(
        gale.notice, make.row(status="open"), action="all_clear", title="Open again", starts_at=opened, at=opened,
        next_update_at=None,
    )  # fmt: skip
    with make.clock_at(make.in_hours(12)):
        text = page(client)
        promises, reopenings = table(client, "promises"), table(client, "reopenings")
    assert "0 of 1 came in time." in text and "6 h 0 min later" in text and "+6 h</text>" in text
    (_heading, (reference, due, in_time, minutes)) = promises
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", due)
    assert "ESALG-promises.csv" in client.get("/en/places/ESALG/promises.csv")["Content-Disposition"]
    assert (reference, in_time) == (gale.notice.reference, "no") and float(minutes) == pytest.approx(480, abs=2)
    assert float(reopenings[1][-1]) == pytest.approx(360, abs=2)
    assert client.get("/en/places/ESALG/else.csv").status_code == 404


@pytest.mark.parametrize("values", [[0.0], [3.0, -40.0, 0.2], [-1.0]])
def test_bars_apart_and_their_numbers_stay_within_the_drawing(values: list[float]) -> None:
    drawn = charts.apart([(f"PD-2026-{number:04d}", value) for number, value in enumerate(values)], unit="h")
    for gap in drawn.gaps:
        number = 9 * len(gap.said)
        assert gap.x - (0 if gap.is_more else number) >= charts.LABEL
        assert gap.x + gap.width + (number if gap.is_more else 0) <= drawn.width


def test_drawing_tells_none_of_some_from_nothing_counted_and_writes_numbers_as_its_language_does() -> None:
    with translation.override("fr"):
        chart = charts.bars([("mai", None), ("juin", 0), ("juil", 1.25), ("août", 83.4)], unit="h")
        assert [bar.said for bar in chart.bars] == ["", "0", "1,2", "83"]
        assert charts.bars([("mai", 1)], unit="h").lines[0].said == "0,5 h"
    assert charts.bars([("May", 1)], unit="h").lines[2].said == "1.5 h"


def test_exercise_never_shows_on_a_place(client: Client) -> None:
    make.issued(title="Exercise: Drill", status="Exercise")
    assert "Drill" not in page(client)


def test_poster_leads_to_the_page_of_the_place(client: Client) -> None:
    make.place()
    text = page(client, "/en/places/ESALG/poster/")
    assert "http://localhost:8000/en/places/ESALG/" in text and "<svg" in text and "style=" not in text


@pytest.mark.parametrize("most", [0, 0.3, 4, 29, 83, 744])
def test_bars_stay_below_the_uppermost_line(most: float) -> None:
    chart = charts.bars([("Jan", most / 2), ("Feb", most)], unit="h")
    assert all(bar.y >= min(line.y for line in chart.lines) for bar in chart.bars)
    assert all(bar.height >= 0 for bar in chart.bars)
