"""The facts of real notices (tests/cases/notices), written as an officer would, each with its right outcome."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from contacts.models import Place
from notices import cards, render, rules, status_of
from notices.models import Version
from notices.status import fold, places_now
from tests import make

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases" / "notices"
GOODS = ["cargo", "empties", "relief", "live_perishable"]
PEOPLE = ["crew", "essential_travellers", "other_travellers"]
AT_NOON = datetime(2027, 1, 7, 17, 0, tzinfo=UTC)  # a Thursday
LONG_BEFORE = datetime(2027, 1, 1, tzinfo=UTC)


def facts(name: str) -> Any:
    return json.loads(next(CASES.glob(f"{name}*.json")).read_text(encoding="utf-8"))


def place(code: str, zone: str) -> Place:
    made = Place(
        locode=code, country=code[:2], time_zone=zone, zone_state="confirmed", modes=["road"], office=make.office()
    )
    made.set_names({"en": code})
    made.save()
    return made


def written(kind: str, rows: list[dict[str, Any]], **typed: Any) -> Version:
    """A draft typed into the editor; fails with the page's own errors."""
    client = make.sign_in(Client(), make.user("officer"))
    edit = client.post("/en/desk/new/", {"kind": kind, "office": make.office().pk})["Location"]
    data: dict[str, Any] = {
        "edit_number": "1",
        "severity": "Moderate",
        "row-TOTAL_FORMS": len(rows),
        "row-INITIAL_FORMS": "0",
        "title_en": "Work on cargo systems",
        **typed,
    }
    for number, row in enumerate(rows):
        data |= {f"row-{number}-{name}": value for name, value in row.items()}
    answer = client.post(edit, data)
    assert answer.status_code == 302, answer.content.decode()
    return Version.objects.latest("pk")


def issued(version: Version, *, at: datetime) -> Version:
    """Sent out at `at` by the verbs' own rules; the clock of a case runs in 2027."""
    rules.check(version, now=at)
    Version.objects.filter(pk=version.pk).update(state="issued", issued_at=at, digest="1:case")
    return Version.objects.get(pk=version.pk)


def wall(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


# AUT-18
def test_closure_days_are_whole_local_days_with_the_last_included() -> None:
    told = facts("n-01")
    rows = [
        {"place": place(one["unlocode"], told["timezone"]).locode, "status": "closed", "traffic": GOODS}
        for one in told["places"]
    ]
    version = written("port_downtime", rows, starts_date=told["starts"], ends_date=told["ends"])
    assert version.starts_at == datetime.fromisoformat(told["expected"]["in_force_from_utc"])
    assert version.ends_at == datetime.fromisoformat(told["expected"]["over_at_utc"])
    assert version.rows.count() == 5


# AUT-21
def test_three_systems_of_one_night_come_back_one_by_one() -> None:
    told = facts("n-02")
    make.place("GBDVR")  # the office of the notice keeps London time
    rows = [
        {
            "system": one["system"],
            "status": "closed",
            "own_start_date": one["starts"][:10],
            "own_start_time": one["starts"][11:],
            "own_end_date": one["ends"][:10],
            "own_end_time": one["ends"][11:],
        }
        for one in told["systems"]
    ]
    version = written(
        "system_outage",
        rows,
        starts_date="2027-06-26",
        starts_time="21:30",
        ends_date="2027-06-27",
        ends_time="04:00",
        title_en=told["title"],
    )
    version = issued(version, at=LONG_BEFORE)
    names = [one["system"] for one in told["systems"]]
    at = datetime(2027, 6, 26, 22, 30, tzinfo=UTC)  # 23:30 in London
    now = places_now(fold(status_of.live_versions(at), now=at), names)
    assert [now[name].status for name in names] == ["open", "closed", "closed"]
    mail = render.mail(version, "en", now=LONG_BEFORE)
    assert "Not available: Import and export freight system, Transit system, Declaration service." in mail.subject
    assert "Transit system: Not available. From 22:00 BST" in mail.text


# AUT-20
def test_hours_not_given_are_not_said_to_be_closed() -> None:
    told = facts("n-03")
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(told["places"]):
        code = place(f"CAX{'ABC'[number]}X", one["timezone"]).locode
        for traffic, hours in ((PEOPLE, one["travellers"]), (GOODS, one["commercial"])):
            if hours is None:
                continue
            row = {"place": code, "traffic": traffic, "status": "closed" if hours == "closed" else "open"}
            if hours != "closed":
                days = "mon-fri" if "Monday" in hours else "daily"
                row |= {"hours": hours[:11], "days": days}
            rows.append(row | {"own_start_date": "2027-01-06", "own_start_time": "00:01"})
    version = written("hours_change", rows, starts_date="2027-01-06", starts_time="00:01")
    starts = {row.place.time_zone: row.starts_at for row in version.rows.all() if row.place}
    for one in told["places"]:
        wanted = datetime.fromisoformat(told["expected"]["starts_utc"][one["name"]])
        assert starts[one["timezone"]] == wanted
    cells = fold(status_of.live_versions(AT_NOON), now=AT_NOON)
    assert cells == {}  # nothing is said before it is issued
    version = issued(version, at=LONG_BEFORE)
    cells = fold(status_of.live_versions(AT_NOON), now=AT_NOON)
    assert ("CAXBX", "road", "import", "cargo") not in cells
    assert cells["CAXCX", "road", "import", "cargo"].status == "closed"
    assert cells["CAXAX", "road", "import", "cargo"].status == "open"


# AUT-19
def test_two_sides_of_a_crossing_stand_side_by_side_also_by_name() -> None:
    north, south, expected = facts("n-04")
    place(north["places"][0]["unlocode"], "America/Edmonton")
    make.member_list(None, "driver@member.invalid")
    first = written(
        "border_closure",
        [{"place": "CACTS", "status": "closed", "directions": ["import"], "traffic": GOODS + PEOPLE}],
        starts_date="2027-01-31",
        starts_time="10:00",
        title_en="Protest on the road",
    )
    second = written(
        "border_closure",
        [{"place_name": south["places"][0]["name"], "status": "open", "traffic": GOODS + PEOPLE}],
        starts_date="2027-01-31",
        starts_time="10:30",
        title_en="Sweetgrass: exit may be blocked for cargo",
    )
    assert expected["expected"]["rule"]
    issued(first, at=LONG_BEFORE), issued(second, at=LONG_BEFORE)
    at = datetime(2027, 2, 1, tzinfo=UTC)
    cells = fold(status_of.live_versions(at), now=at)
    assert cells["CACTS", "road", "import", "cargo"].status == "closed"
    assert ("CACTS", "road", "export", "cargo") not in cells
    assert places_now(cells, ["Sweetgrass"])["Sweetgrass"].status == "open"
    assert render.mail(first, "en", now=LONG_BEFORE).subject.endswith(
        "Closed to import cargo and arriving travellers."
    )


# AUT-22
def test_closure_without_an_end_stays_in_force_and_its_promise_runs_late() -> None:
    told = facts("n-05")
    place("USCHS", told["timezone"])
    version = written(
        "port_downtime",
        [{"place": "USCHS", "status": "closed", "traffic": GOODS}],
        starts_date="2027-01-03",
        starts_time="07:15",
        next_update_date="2027-01-03",
        next_update_time="12:00",
        title_en="Strong wind at the gates",
    )
    version = issued(version, at=LONG_BEFORE)
    assert version.next_update_at is not None and wall(version.next_update_at, told["timezone"]) == "2027-01-03T12:00"
    month_later = datetime(2027, 2, 3, tzinfo=UTC)
    shown = cards.card(version, "en", month_later)
    assert shown.state == "current" and shown.late_by and "No end time yet." in shown.time_line
    assert (
        places_now(fold(status_of.live_versions(month_later), now=month_later), ["USCHS"])["USCHS"].status == "closed"
    )


# AUT-23
def test_each_place_of_one_notice_has_its_own_status_and_times() -> None:
    codes = [one["unlocode"] for one in facts("n-07")["places"]]
    for code in codes:
        place(code, "America/New_York")
    version = written(
        "port_downtime",
        [
            {"place": codes[0], "status": "closed", "traffic": GOODS},
            {
                "place": codes[1],
                "status": "closed",
                "traffic": GOODS,
                "own_start_date": "2027-09-02",
                "own_start_time": "17:00",
            },
            {"place": codes[2], "status": "open", "traffic": GOODS},
            {
                "place": codes[3],
                "status": "closed",
                "traffic": GOODS,
                "own_start_date": "2027-09-01",
                "own_start_time": "20:00",
                "own_end_date": "2027-09-03",
                "own_end_time": "06:00",
            },
        ],
        starts_date="2027-09-01",
        starts_time="08:00",
        title_en="Storm condition at four ports",
    )
    issued(version, at=LONG_BEFORE)
    at = datetime(2027, 9, 1, 16, 0, tzinfo=UTC)
    now = places_now(fold(status_of.live_versions(at), now=at), codes)
    assert [now[code].status for code in codes] == ["closed", "open", "open", "open"]
    later = datetime(2027, 9, 3, 4, 0, tzinfo=UTC)
    now = places_now(fold(status_of.live_versions(later), now=later), codes)
    assert [now[code].status for code in codes] == ["closed", "closed", "open", "closed"]


# AUT-24
def test_crossings_closed_every_night_open_each_morning() -> None:
    told = facts("n-08")
    names = [one["name"] for one in told["places"]]
    place("USXYZ", told["timezone"])  # the office of the notice keeps New York time
    version = written(
        "hours_change",
        [
            {
                "place_name": name,
                "status": "open",
                "traffic": GOODS + PEOPLE,
                "hours": f"{told['daily_open']}-{told['daily_close']}",
            }
            for name in names
        ],
        starts_date="2027-03-08",
        starts_time="18:00",
    )
    issued(version, at=LONG_BEFORE)
    for moment in told["expected"]["at"]:
        at = datetime.fromisoformat(moment["local"]).replace(tzinfo=ZoneInfo(told["timezone"]))
        now = places_now(fold(status_of.live_versions(at), now=at), names)
        assert {now[name].status for name in names} == {moment["state"]}, moment


# TIM-09
def test_equal_clock_times_on_different_days_are_two_days() -> None:
    told = facts("n-09")
    place("PLDOR", told["timezone"])
    version = written(
        "border_closure",
        [{"place": "PLDOR", "status": "closed", "traffic": GOODS}],
        starts_date="2027-04-16",
        starts_time="18:00",
        ends_date="2027-04-18",
        ends_time="18:00",
        title_en="Office moves",
    )
    assert version.ends_at is not None and version.starts_at is not None
    assert (version.ends_at - version.starts_at).total_seconds() / 3600 == told["expected"]["duration_hours"]
