"""Times: wall clocks that go back and forth, and how moments are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import clock

WARSAW = "Europe/Warsaw"


# TIM-01
def test_time_that_happens_twice_is_asked_about() -> None:
    twice = datetime(2027, 10, 31, 2, 30)
    with pytest.raises(clock.AmbiguousTime) as asked:
        clock.resolve(twice, WARSAW)
    assert asked.value.facts["choices"] == [
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    ]
    assert clock.resolve(twice, WARSAW, choice=1) == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


# TIM-01
def test_time_that_never_happens_is_refused_with_the_next_one() -> None:
    with pytest.raises(clock.MissingTime) as refused:
        clock.resolve(datetime(2027, 3, 28, 2, 30), WARSAW)
    assert refused.value.facts["suggestion"] == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(sorted(available_timezones())),
)
def test_every_moment_comes_back_from_its_wall_time(moment: datetime, zone: str) -> None:
    wall = moment.astimezone(clock.ZoneInfo(zone)).replace(tzinfo=None)
    assert moment in clock.instants(wall, zone)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("19:30", time(19, 30)), ("7:30 pm", time(19, 30)), ("1930", time(19, 30)), ("19h30", time(19, 30)),
     ("12 am", time(0)), ("7", time(7)), ("0:05", time(0, 5))],
)  # fmt: skip
def test_times_as_people_type_them(typed: str, meant: time) -> None:
    assert clock.parse_time(typed) == meant


@pytest.mark.parametrize("typed", ["", "25:00", "19:75", "noon", "13 pm"])
def test_what_is_no_time_is_said_with_an_example(typed: str) -> None:
    with pytest.raises(clock.NotATime, match="19:30"):
        clock.parse_time(typed)


@pytest.mark.parametrize("typed", ["2027-03-28", "28.3.2027", "28/03/2027"])
def test_dates_as_people_type_them(typed: str) -> None:
    assert clock.parse_date(typed) == date(2027, 3, 28)


# TIM-13
def test_local_time_stands_first_and_utc_beside_it() -> None:
    moment = datetime(2026, 12, 14, 7, 0, tzinfo=UTC)
    assert str(clock.shown(moment, "Africa/Johannesburg")) == "Mon 14 Dec 2026, 09:00 SAST (07:00 UTC)"
    night = datetime(2026, 12, 13, 23, 10, tzinfo=UTC)
    assert str(clock.shown(night, "Europe/Madrid")) == "Mon 14 Dec 2026, 00:10 CET (Sun 23:10 UTC)"
    assert clock.shown(night, "Africa/Casablanca").local.endswith("+01")


def test_long_form_reads_well_in_each_language() -> None:
    moment = datetime(2025, 6, 12, 16, 0, tzinfo=UTC)
    assert clock.spoken(moment, "Europe/Madrid", "en") == "18:00 CEST (16:00 UTC) on Thursday 12 June"
    assert clock.spoken(moment, "Europe/Madrid", "fr") == "le jeudi 12 juin à 18 h CEST (16 h UTC)"
    assert clock.spoken(moment, "Europe/Madrid", "es") == "el jueves 12 de junio a las 18:00 CEST (16:00 UTC)"


def test_long_form_names_the_day_of_utc_where_it_differs() -> None:
    night = datetime(2026, 12, 31, 23, 10, tzinfo=UTC)
    assert clock.spoken(night, "Europe/Madrid", "en") == "00:10 CET (Thu 23:10 UTC) on Friday 1 January"
    assert clock.spoken(night, "Europe/Madrid", "fr") == "le vendredi 1er janvier à 0 h 10 CET (jeu. 23 h 10 UTC)"
    assert clock.spoken(night, "UTC", "en") == "23:10 UTC on Thursday 31 December"


def test_in_french_the_first_is_a_day_and_never_an_hour() -> None:
    at_one = datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
    assert clock.spoken(at_one, "Europe/Madrid", "fr") == "le vendredi 27 novembre à 1 h 30 CET (0 h 30 UTC)"


def test_span_is_told_in_at_most_two_units() -> None:
    spans = [timedelta(seconds=59), timedelta(minutes=42), timedelta(minutes=92), timedelta(days=3, hours=4.1)]
    assert [clock.brief(span) for span in spans] == ["0 min", "42 min", "1 h 32 min", "3 d 4 h"]
    assert clock.brief(timedelta(minutes=-42)) == "42 min"
