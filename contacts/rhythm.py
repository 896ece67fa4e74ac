"""When somebody wants to hear, in their own time zone: at once, or in digests, and never in quiet hours. Pure time.

What is severe, withdrawn or starts earlier asks nobody: `contacts.audience` sends it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MORNING = 8  # o'clock, for whoever names no hour
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Rhythm(TextChoices):
    AT_ONCE = "at_once", _("At once, each by itself")
    HOURLY = "hourly", _("Every hour, together")
    DAILY = "daily", _("Every day, together")
    WEEKLY = "weekly", _("Every week, together")


@dataclass(frozen=True)
class Choice:
    """`hour` is for daily and weekly, `weekday` (Monday 0) for weekly; quiet from one full hour to another."""

    rhythm: str = Rhythm.AT_ONCE
    hour: int = MORNING
    weekday: int = 0
    time_zone: str = "UTC"
    quiet_from: int | None = None
    quiet_to: int | None = None

    @property
    def at_once(self) -> bool:
        return self.rhythm == Rhythm.AT_ONCE


AT_ONCE = Choice()


def is_quiet(choice: Choice, at: datetime) -> bool:
    """Whether `at` lies in the quiet hours; their end does not."""
    if choice.quiet_from is None or choice.quiet_to is None:
        return False
    hour = at.astimezone(_clock(choice.time_zone)).hour
    if choice.quiet_from < choice.quiet_to:
        return choice.quiet_from <= hour < choice.quiet_to
    return hour >= choice.quiet_from or hour < choice.quiet_to


def next_due(choice: Choice, after: datetime) -> datetime | None:
    """The first moment (UTC) past `after` at which a digest is due; None where everything comes at once.

    Each period has one, across clock changes: an hour that comes twice counts once, and for one that never comes
    there is the first moment after it. What would fall in quiet hours waits for their end; whoever hears at once
    gets then what they kept back.
    """
    due = _regular(choice, after)
    return due and awake(choice, due)


def awake(choice: Choice, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours in which it lies."""
    while choice.quiet_to is not None and is_quiet(choice, at):
        at = _at(choice.quiet_to, choice.time_zone, at)
    return at


def _regular(choice: Choice, after: datetime) -> datetime | None:
    if choice.rhythm == Rhythm.HOURLY:
        return _full_hour(choice.time_zone, after)
    if choice.rhythm == Rhythm.DAILY:
        return _at(choice.hour, choice.time_zone, after)
    if choice.rhythm == Rhythm.WEEKLY:
        return _at(choice.hour, choice.time_zone, after, weekday=choice.weekday)
    return None if choice.quiet_to is None else _at(choice.quiet_to, choice.time_zone, after)


def _full_hour(zone: str, after: datetime) -> datetime:
    """The next full hour on the wall; half an hour off UTC in some places."""
    there = after.astimezone(_clock(zone))
    past = timedelta(minutes=there.minute, seconds=there.second, microseconds=there.microsecond)
    return after.astimezone(UTC) - past + HOUR


def _at(hour: int, zone: str, after: datetime, *, weekday: int | None = None) -> datetime:
    """The next day's `hour` past `after`, of that weekday if one is given."""
    day = after.astimezone(_clock(zone)).date()
    while True:
        at = _moment(day, hour, zone)
        if at > after and weekday in (None, day.weekday()):
            return at
        day += DAY


def _moment(day: date, hour: int, zone: str) -> datetime:
    """The first of two moments, or in place of none what the clock would have shown without its change."""
    return datetime.combine(day, time(hour), _clock(zone)).astimezone(UTC)


def _clock(zone: str) -> tzinfo:
    """UTC for a name that the zone data no longer know: it must not keep others from their digests."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
