"""Status now: the newest version of a notice, the later row, the worst of all notices, at one moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.words import STATUS_RANK, PlaceStatus
from notices.impact_form import ImpactForm
from notices.status import Stated, StatusRow, StatusVersion, changes_after, fold, places_now, within
from notices.status_of import status_now
from tests import make

from .test_truth import CASES

NOW = datetime(2027, 3, 9, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(status: str = "closed", starts: float = -10, ends: float | None = None, **fields: Any) -> StatusRow:
    return StatusRow(
        place=fields.pop("place", "ESALG"),
        status=status,
        starts_at=NOW + starts * HOUR,
        ends_at=None if ends is None else NOW + ends * HOUR,
        **fields,
    )


def version(
    *rows: StatusRow, notice: str = "PD-1", number: int = 1, issued: float = -20, **fields: Any
) -> StatusVersion:
    return StatusVersion(notice=notice, number=number, issued_at=NOW + issued * HOUR, rows=rows, **fields)


def status_of(*versions: StatusVersion, at: datetime = NOW, place: str = "ESALG") -> str:
    return places_now(fold(versions, now=at), [place])[place].status


def test_place_without_a_notice_is_open_and_nobody_said_so() -> None:
    found = places_now(fold([], now=NOW), ["ESALG"])["ESALG"]
    assert (found.status, found.worst, found.notices) == ("open", None, ())


def test_newest_version_counts_even_if_it_says_less() -> None:
    assert status_of(version(row("closed")), version(row("restricted"), number=2)) == "restricted"
    assert status_of(version(row("closed")), version(row("restricted"), number=2, issued=1)) == "closed"


def test_withdrawn_notice_says_nothing_any_more() -> None:
    assert status_of(version(row("closed")), version(row("open"), number=2, withdrawn=True)) == "open"


def test_worst_of_all_notices_stands() -> None:
    delays, shut = version(row("congested"), notice="PD-1"), version(row("closed"), notice="PD-2")
    found = places_now(fold([shut, delays], now=NOW), ["ESALG"])["ESALG"]
    assert found.worst == Stated("closed", "PD-2", 1, NOW - 20 * HOUR)


# AUT-10
def test_exercise_never_counts() -> None:
    assert status_of(version(row("closed"), exercise=True)) == "open"


# AUT-11
def test_planned_row_changes_nothing_before_its_start_and_flips_by_itself() -> None:
    planned = version(row("closed", starts=14 * 24, ends=15 * 24))
    assert status_of(planned) == "open"
    assert status_of(planned, at=NOW + 14 * 24 * HOUR) == "closed"
    assert status_of(planned, at=NOW + 15 * 24 * HOUR) == "open"
    assert changes_after([planned], NOW) == NOW + 14 * 24 * HOUR


def test_later_row_wins_only_while_it_is_in_force() -> None:
    both = version(row("closed"), row("open", starts=1, ends=3))
    assert [status_of(both, at=NOW + hours * HOUR) for hours in (0, 2, 4)] == ["closed", "open", "closed"]


def test_cargo_and_travellers_are_told_apart() -> None:
    both = version(row("closed", traffic=("other_travellers",)), row("open", traffic=("cargo",)))
    found = places_now(fold([both], now=NOW), ["ESALG"])["ESALG"]
    assert (found.status, found.cargo_status, found.travellers_status) == ("closed", "open", "closed")


# AUT-24
def test_crossings_closed_every_night_follow_the_wall_clock_also_when_it_changes() -> None:
    case = json.loads((CASES / "notices" / "n-08-closed-every-night.json").read_text())
    zone = ZoneInfo(case["timezone"])
    start = datetime.fromisoformat(case["starts"]).replace(tzinfo=zone)
    hours = f"{case['daily_close']}-{case['daily_open']}"
    nightly = StatusRow("Mooers", "closed", start, None, zone=case["timezone"], hours=hours, days="daily")
    issued = StatusVersion("BC-1", 1, start - HOUR, (nightly,))
    for moment in case["expected"]["at"]:
        at = datetime.fromisoformat(moment["local"]).replace(tzinfo=zone).astimezone(UTC)
        assert status_of(issued, at=at, place="Mooers") == moment["state"], moment
    only_by_day = StatusRow("Mooers", "open", start, None, zone=case["timezone"], hours="06:00-18:00", days="daily")
    issued = StatusVersion("BC-1", 1, start - HOUR, (only_by_day,))
    for moment in case["expected"]["at"]:
        at = datetime.fromisoformat(moment["local"]).replace(tzinfo=zone).astimezone(UTC)
        assert status_of(issued, at=at, place="Mooers") == moment["state"], moment


# AUT-21
def test_three_systems_come_back_one_after_the_other() -> None:
    case = json.loads((CASES / "notices" / "n-02-three-systems-one-night.json").read_text())
    zone = ZoneInfo(case["timezone"])

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)

    rows = [StatusRow(s["system"], "closed", moment(s["starts"]), moment(s["ends"])) for s in case["systems"]]
    issued = StatusVersion("SO-1", 1, moment("2027-06-20T12:00"), tuple(rows))
    names = [system["system"] for system in case["systems"]]
    found = places_now(fold([issued], now=moment("2027-06-26T23:30")), names)
    assert [found[name].status for name in names] == ["open", "closed", "closed"]


@pytest.mark.parametrize(
    ("days", "local", "inside"),
    [
        ("mon-fri", "2027-03-05T23:00", True),  # Friday night …
        ("mon-fri", "2027-03-06T05:00", True),  # … is one night and ends on Saturday
        ("mon-fri", "2027-03-06T23:00", False),
        ("mon-fri", "2027-03-08T05:00", False),  # Sunday's night is not named
        ("sat,sun", "2027-03-08T05:00", True),
        ("fri-mon", "2027-03-07T23:00", True),
        ("daily", "2027-03-07T12:00", False),
    ],
)
def test_night_belongs_to_the_day_it_begins_on(days: str, local: str, inside: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Madrid"))
    assert within("22:00-06:00", days, "Europe/Madrid", at.astimezone(UTC)) is inside


PLACES, MODES = ("A", "B"), ("road", "rail")
WILD = {"modes": MODES, "directions": ("import", "export"), "traffic": ("cargo", "crew", "other_travellers")}
rows = st.builds(
    row,
    status=st.sampled_from([str(status) for status in PlaceStatus]),
    starts=st.integers(-3, 3),
    ends=st.none() | st.integers(-2, 5),
    place=st.sampled_from(PLACES),
    hours=st.sampled_from(["", "10:00-13:00", "20:00-11:00"]),
    days=st.sampled_from(["daily", "mon-fri", "sat,sun"]),
    **{name: st.lists(st.sampled_from(values), unique=True).map(tuple) for name, values in WILD.items()},
)
versions = st.builds(
    lambda several, **fields: version(*several, **fields),
    st.lists(rows, max_size=4),
    notice=st.sampled_from(["PD-1", "PD-2", "BC-1"]),
    number=st.integers(1, 3),
    issued=st.integers(-5, 2),
    withdrawn=st.booleans(),
    exercise=st.booleans(),
)


def slow_status(several: list[StatusVersion], cell: tuple[str, str, str, str], now: datetime) -> str | None:
    """The same question asked cell by cell, as one would on paper."""
    place, mode, direction, traffic = cell
    said = []
    for notice in {one.notice for one in several}:
        out = [v for v in several if v.notice == notice and not v.exercise and v.issued_at <= now]
        if not out:
            continue
        latest = sorted(out, key=lambda v: v.number)[-1]
        if latest.withdrawn:
            continue
        for one in reversed(latest.rows):
            fits = (
                one.place == place and mode in (one.modes or MODES) and direction in (one.directions or (direction,))
            )
            if not fits or traffic not in (one.traffic or (traffic,)):
                continue
            if not (one.starts_at <= now and (one.ends_at is None or now < one.ends_at)):
                continue
            inside = not one.hours or within(one.hours, one.days, one.zone, now)
            if inside or one.status == "open":
                said.append(one.status if inside else "closed")
                break
    return min(said, key=lambda status: STATUS_RANK[PlaceStatus(status)], default=None)


@given(st.lists(versions, max_size=6, unique_by=lambda v: (v.notice, v.number)))
def test_fold_says_the_same_as_asking_cell_by_cell(several: list[StatusVersion]) -> None:
    folded = fold(several, now=NOW, place_modes=dict.fromkeys(PLACES, MODES))
    for place in PLACES:
        for mode in MODES:
            for direction in ("import", "export", "transit"):
                for traffic in ("cargo", "crew", "other_travellers", "relief"):
                    cell = (place, mode, direction, traffic)
                    found = folded.get(cell)
                    assert (found.status if found else None) == slow_status(several, cell, NOW)


@pytest.mark.django_db
def test_status_of_stored_notices_takes_four_queries_at_most(django_assert_max_num_queries: Any) -> None:
    make.issued(make.row(make.place("ESALG"), status="restricted", starts_at=make.in_hours(-1)), title="Wind")
    make.issued(make.row(make.place("ESALG"), status="closed", starts_at=make.in_hours(-1)), title="Storm, no cargo")
    make.issued(make.row(make.place("GBDVR"), starts_at=make.in_hours(-1)), status="Exercise")
    with django_assert_max_num_queries(4):
        found = status_now(["ESALG", "GBDVR"], now=make.now() + HOUR)
    assert (found["ESALG"].status, len(found["ESALG"].notices)) == ("closed", 1)
    assert found["GBDVR"].status == "open"


@pytest.mark.parametrize(
    ("typed", "good"), [("06:00-18:00", True), ("22:00-24:00", True), ("99:99-00:00", False), ("6-18", False)]
)
def test_hours_that_a_form_takes_can_be_read_as_hours(typed: str, good: bool) -> None:
    errors = ImpactForm(data={"hours": typed}, now=make.now()).errors
    assert ("hours" not in errors) is good
    if good:
        within(typed, "daily", "Europe/Madrid", NOW)
