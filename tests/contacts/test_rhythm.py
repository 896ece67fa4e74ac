"""Each period has one digest, also when the clocks change; nothing comes in quiet hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from base import clock
from contacts.rhythm import Choice, Rhythm, is_quiet, next_due

ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca")
YEAR = datetime(2027, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def changes_of(zone: str) -> list[datetime]:
    """The moments of 2027 at which the clocks of `zone` change."""
    there = ZoneInfo(zone)
    half_hours = [YEAR + n * HOUR / 2 for n in range(365 * 48)]
    return [
        after
        for before, after in pairwise(half_hours)
        if before.astimezone(there).utcoffset() != after.astimezone(there).utcoffset()
    ]


CHANGES = [(zone, change) for zone in ZONES for change in changes_of(zone)]


def chain(choice: Choice, start: datetime, end: datetime) -> list[datetime]:
    """Every moment at which a digest is due between `start` and `end`."""
    found = []
    due = next_due(choice, start)
    while due is not None and due < end:
        found.append(due)
        due = next_due(choice, due)
    return found


def test_both_changes_of_the_year_are_tried_in_five_zones():
    assert Counter(zone for zone, _change in CHANGES) == dict.fromkeys(ZONES, 2)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize("hour", range(24))
def test_day_has_one_digest_at_its_hour_or_the_first_moment_after(zone, change, hour):
    there = ZoneInfo(zone)
    start = (change - 3 * DAY).astimezone(there).replace(hour=0, minute=0, second=0) - timedelta(seconds=1)
    due = chain(Choice(Rhythm.DAILY, hour=hour, time_zone=zone), start.astimezone(UTC), change + 4 * DAY)
    days = [moment.astimezone(there).date() for moment in due]
    assert days == [days[0] + n * DAY for n in range(len(days))] and len(days) >= 6
    for day, moment in zip(days, due, strict=True):
        wall = datetime.combine(day, datetime.min.time()).replace(hour=hour)
        moments = clock.instants(wall, zone)
        if moments:
            assert moment == moments[0], "an hour that comes twice counts once, at its first"
        else:
            assert moment.astimezone(there).replace(tzinfo=None) > wall and change <= moment < change + HOUR


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_week_has_one_digest_on_its_day(zone, change):
    there = ZoneInfo(zone)
    choice = Choice(Rhythm.WEEKLY, hour=2, weekday=change.astimezone(there).weekday(), time_zone=zone)
    due = [moment.astimezone(there) for moment in chain(choice, change - 20 * DAY, change + 20 * DAY)]
    assert {moment.weekday() for moment in due} == {choice.weekday}
    assert [(b.date() - a.date()).days for a, b in pairwise(due)] == [7] * (len(due) - 1) and len(due) >= 5


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_hourly_digests_stay_an_hour_apart(zone, change):
    due = chain(Choice(Rhythm.HOURLY, time_zone=zone), change - DAY, change + DAY)
    assert all(a < b <= a + HOUR for a, b in pairwise(due))
    minutes = Counter(moment.astimezone(ZoneInfo(zone)).minute for moment in due)
    assert minutes[0] >= len(due) - 1, "on the full hour; where clocks change by half of one, once in between"


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize(("quiet_from", "quiet_to"), [(22, 7), (1, 3), (23, 2), (0, 1), (2, 3)])
@pytest.mark.parametrize("rhythm", Rhythm)
def test_no_digest_is_due_in_quiet_hours(zone, change, quiet_from, quiet_to, rhythm):
    choice = Choice(rhythm, hour=2, time_zone=zone, quiet_from=quiet_from, quiet_to=quiet_to)
    due = chain(choice, change - 10 * DAY, change + 10 * DAY)
    assert due and not [moment for moment in due if is_quiet(choice, moment)]
    if rhythm in (Rhythm.DAILY, Rhythm.AT_ONCE):
        days = Counter(moment.astimezone(ZoneInfo(zone)).date() for moment in due)
        assert set(days.values()) == {1} and len(days) >= 19


def test_quiet_hours_may_span_midnight_and_end_on_the_hour():
    night = Choice(time_zone="Europe/Madrid", quiet_from=22, quiet_to=7)
    at = {hour: datetime(2027, 3, 1, hour, tzinfo=ZoneInfo("Europe/Madrid")) for hour in (6, 7, 21, 22)}
    assert [is_quiet(night, at[hour]) for hour in (6, 7, 21, 22)] == [True, False, False, True]
    noon = replace(night, quiet_from=12, quiet_to=14)
    assert not is_quiet(noon, at[22])


def test_who_hears_everything_at_once_has_no_digest():
    assert next_due(Choice(), YEAR) is None


def test_who_hears_at_once_gets_what_the_night_kept_back_at_its_end():
    night = Choice(time_zone="Europe/Madrid", quiet_from=22, quiet_to=7)
    assert next_due(night, datetime(2027, 3, 1, 2, tzinfo=UTC)) == datetime(2027, 3, 1, 6, tzinfo=UTC)


def test_hourly_digest_is_on_the_full_hour_of_a_zone_half_an_hour_off():
    due = next_due(Choice(Rhythm.HOURLY, time_zone="Asia/Kolkata"), datetime(2027, 3, 1, 2, 31, tzinfo=UTC))
    assert due == datetime(2027, 3, 1, 3, 30, tzinfo=UTC)
