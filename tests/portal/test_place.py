"""The page of one place: now, planned, history, downtime with the same numbers three times, and a poster."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from base import charts
from tests import make

pytestmark = pytest.mark.django_db


def page(client: Client, path: str = "/en/places/ESALG/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_place_says_what_holds_what_is_planned_and_what_was(client: Client) -> None:
    make.issued(title="Gale")
    make.issued(title="Works", starts_at=make.in_hours(30), ends_at=make.in_hours(40))
    past = make.issued(title="Fog", ends_at=make.in_hours(1))
    with make.clock_at(make.in_hours(2)):
        text = page(client)
    assert "Gale" in text and "Works" in text
    assert f"/n/{past.notice.reference}/1/" in text


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
        rows = list(csv.reader(io.StringIO(client.get("/en/places/ESALG/downtime.csv").content.decode("utf-8-sig"))))
    assert len(rows) == 13
    total = sum(float(hours) for _month, hours in rows[1:])
    assert total == pytest.approx(30, abs=0.1)
    table = re.findall(r'<td class="f-num">([\d.]+)</td>', text)
    assert sum(map(float, table)) == pytest.approx(total, abs=0.6)
    assert "30 hours in which some traffic could not pass." in text and '<svg class="f-draw ' in text


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
