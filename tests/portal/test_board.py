"""The status board: every place, what it is to whom, by whose word and since when; worst first, found by any name."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notices.board import standings
from tests import make

pytestmark = pytest.mark.django_db
PEOPLE = ["essential_travellers", "other_travellers"]


def text(client: Client, query: str = "", language: str = "en") -> str:
    answer = client.get(f"/{language}/places/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/en/places.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_place_closed_to_travellers_alone_is_partly_closed_and_says_so_by_column(client: Client) -> None:
    dover = make.place("GBDVR")
    make.place("ESALG")
    make.issued(make.row(dover, traffic=PEOPLE), make.row(dover, traffic=["cargo"], status="open"), title="Rules")
    first, second = lines(client)
    assert (first["Code"], first["Status"], first["Travellers"], first["Cargo in"]) == (
        "GBDVR", "Partly closed", "Closed", "Open",
    )  # fmt: skip
    assert "Open to cargo" in first["What it means"]
    assert (second["Code"], second["Status"], second["Notice"]) == ("ESALG", "Open", "")


def test_table_holds_moments_that_a_spreadsheet_sorts(client: Client) -> None:
    due, first, last = (make.in_hours(hours) for hours in (2, 5, 9))
    make.issued(next_update_at=due, reopens_earliest=first, reopens_latest=last)
    (line,) = lines(client)
    said = [line[f"{name} (UTC)"] for name in ("Next update", "Reopens, earliest", "Reopens, latest")]
    assert said == [f"{moment:%Y-%m-%d %H:%M}" for moment in (due, first, last)]
    assert line["Next update (local)"] == f"{due.astimezone(ZoneInfo('Europe/Madrid')):%Y-%m-%d %H:%M}"
    assert line["Time zone"] == "Europe/Madrid" and line["As of (UTC)"][:2] == "20"
    place = client.get("/api/v1/places/ESALG/").json()
    assert (place["reopens_earliest"], place["reopens_latest"]) == (first.isoformat(), last.isoformat())


def test_column_is_closed_only_where_no_mode_and_no_direction_lets_it_pass(client: Client) -> None:
    dover = make.place("GBDVR")
    assert len(dover.modes) > 1
    goods, alone = ["cargo", "empties", "relief"], {"modes": dover.modes[:1]}
    make.issued(
        make.row(dover, traffic=goods, **alone), make.row(dover, traffic=["live_perishable"], directions=["import"]),
        make.row(dover, traffic=["other_travellers"]), title="Rail",
    )  # fmt: skip
    (line,) = lines(client)
    assert [line[column] for column in ("Cargo in", "Perishables", "Travellers")] == [
        "Partly closed", "Partly closed", "Closed",
    ]  # fmt: skip


def test_old_minor_notice_never_hides_a_new_severe_one(client: Client) -> None:
    dover = make.place("GBDVR")
    make.issued(make.row(dover, status="congested"), title="Queues", severity="Minor")
    worse = make.issued(make.row(dover), title="Gale", severity="Severe")
    make.issued(make.row(dover, status="restricted"), title="Works", severity="Minor")
    (line,) = lines(client)
    assert (line["Status"], line["Notice"]) == ("Closed", worse.notice.reference)


@pytest.mark.parametrize("asked", ["ESALG", "esalg", "Algeciras", "algec", "Algésiras"])
def test_place_is_found_by_name_in_any_language_and_by_code(client: Client, asked: str) -> None:
    place = make.place("ESALG")
    place.set_names({"en": "Algeciras", "fr": "Algésiras"})
    place.save()
    make.place("GBDVR")
    assert [line["Code"] for line in lines(client, f"?q={asked}")] == ["ESALG"]


def test_each_agency_has_a_line_of_its_own(client: Client) -> None:
    dover, health = make.place("GBDVR"), make.organisation("agency", code="plant-health")
    vets = make.row(dover, agency_id=health.pk, traffic=["live_perishable"])
    make.issued(make.row(dover, status="open"), vets, title="Vets")
    page = text(client)
    assert "Plant Health" in page
    ((one,),) = (standings([dover], now=make.now(), language="en"),)
    assert [(line.agency, line.status) for line in one.agencies] == [("Plant Health", "closed")]


def test_place_that_closes_at_night_is_open_by_day_and_says_when_it_will_not_be(client: Client) -> None:
    nightly = {"qualifier": {"hours": "22:00-06:00", "days": "daily"}, "starts_at": make.now() - timedelta(days=9)}
    night = make.issued(make.row(**nightly), make.row(place_name="Quay 9", place_id=None, **nightly), title="Works")
    noon = make.now().replace(hour=11, minute=0) + timedelta(days=2)
    with make.clock_at(noon):
        shown = {line["Place"]: line for line in lines(client)}
        place = client.get("/en/places/ESALG/").content.decode()
    assert {line["Status"] for line in shown.values()} == {"Open"} and set(shown) == {"Algeciras", "Quay 9"}
    for line in shown.values():
        assert line["Notice"] == night.notice.reference and "22:00" in line["What it means"]
    assert "No notice is in force here." not in place and "Works" in place
    with make.clock_at(noon + timedelta(hours=12)):
        assert {line["Status"] for line in lines(client)} == {"Closed"}


def test_late_update_stands_out(client: Client) -> None:
    make.issued(make.row(make.place("GBDVR")), next_update_at=make.in_hours(1))
    with make.clock_at(make.in_hours(2)):
        page = text(client)
    assert "1 promised update is late" in page and "Late 1 h 0 min" in page


def test_reopening_that_did_not_come_stands_out(client: Client) -> None:
    make.issued(make.row(make.place("GBDVR")), reopens_earliest=make.in_hours(2), reopens_latest=make.in_hours(3))
    for hours, late in ((2.5, False), (3.5, True)):
        with make.clock_at(make.in_hours(hours)):
            page = text(client)
        assert "Expected to reopen between" in page and ("Later than expected" in page) is late


def test_place_without_a_code_stands_on_the_board(client: Client) -> None:
    make.issued(make.row(place_name="Quay 9", place_id=None), title="Crane")
    quay, *_others = lines(client)
    assert (quay["Place"], quay["Code"], quay["Status"]) == ("Quay 9", "", "Closed")


def test_place_without_a_code_is_found_by_its_name_and_mode(client: Client) -> None:
    make.place("GBDVR")
    make.issued(make.row(place_name="Quay 9", place_id=None, modes=["rail"]), title="Crane")
    for query in ("?q=quay", "?q=9+qua", "?q=quay&mode=rail"):
        assert [line["Place"] for line in lines(client, query)] == ["Quay 9"], query
    for query in ("?q=quay&mode=air", "?q=quai", "?q=dover"):
        assert "Quay 9" not in [line["Place"] for line in lines(client, query)], query


def test_place_that_no_office_answers_for_is_unknown_and_never_open(client: Client) -> None:
    durban = make.place("GBDVR")
    durban.locode, durban.office = "ZADUR", None
    durban.set_names({"en": "Durban"})
    durban.save()
    for asked in ("ZADUR", "durban"):
        (line,) = lines(client, f"?q={asked}")
        assert {line["Status"], line["Cargo in"], line["Travellers"]} == {"Unknown"}
        assert "No office of ours answers for this place" in text(client, f"?q={asked}")
    assert lines(client, "?q=durban&status=open") == []
    assert "ask the customs of its country" in client.get("/en/places/ZADUR/").content.decode()
    make.issued(make.row(durban, traffic=["cargo"]), title="Strike")
    (line,) = lines(client, "?q=ZADUR")
    assert (line["Status"], line["Travellers"]) == ("Partly closed", "Unknown")


@pytest.mark.parametrize("asked", ["%25", "'", "\N{GRINNING FACE}", "طنجة", "(*)"])
def test_what_holds_no_letter_of_any_name_finds_no_place(client: Client, asked: str) -> None:
    make.place("GBDVR")
    assert lines(client, f"?q={asked}") == [] and "No place fits." in text(client, f"?q={asked}")
    assert "Dover" not in client.get(f"/en/notices/?q={asked}").content.decode().partition("</form>")[2]


@pytest.mark.parametrize("query", ["?status=bogus", "?mode=sea", "?sort=zzz", "?traffic=x"])
def test_unknown_word_shows_nothing_and_says_so(client: Client, query: str) -> None:
    make.place("GBDVR")
    answer = client.get(f"/en/places/{query}")
    assert answer.status_code == 400 and "Dover" not in answer.content.decode()
    assert client.get(f"/en/places.csv{query}").status_code == 400


def test_filters_and_order_stay_in_the_address(client: Client) -> None:
    make.issued(make.row(make.place("GBDVR"), traffic=PEOPLE), make.row(make.place("GBDVR"), traffic=["cargo"],
                status="open"), title="Rules")  # fmt: skip
    make.place("ESALG")
    assert [line["Code"] for line in lines(client, "?status=not_open")] == ["GBDVR"]
    assert lines(client, "?status=not_open&traffic=cargo_import") == []
    assert [line["Code"] for line in lines(client, "?sort=name")] == ["ESALG", "GBDVR"]
    assert 'href="/en/places.csv?status=not_open"' in text(client, "?status=not_open")


def test_two_hundred_places_take_eight_queries_at_most(client: Client, settings: Any) -> None:
    office = make.office()
    for number in range(30):
        make.place("ESALG").__class__.objects.create(
            locode=f"ZZ{number:03}", names={"en": f"Port {number}"}, sort_key=f"port {number}", country="ZZ",
            fold_key=f"| port {number} |", time_zone="UTC", modes=["road"], office=office,
        )  # fmt: skip
    for title in ("Gale", "Strike", "Fog"):
        make.issued(make.row(make.place("ESALG")), make.row(make.place("GBDVR")), title=title)
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("board"))
    assert len(asked) <= 8, [query["sql"][:120] for query in asked]
