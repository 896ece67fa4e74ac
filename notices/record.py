"""What became of a place: when it could not be passed, and how estimates and promised updates fared. Pure.

As it was known at the time: each version counts from its issue until the next one; the first one from its own start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from base.words import MsgType, PlaceStatus

from .models import ImpactRow, Version
from .status import one_word, within
from .status_of import key_of

SHUT = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)
STEP = timedelta(minutes=15)  # weekly patterns are walked in such steps
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Spell:
    """A stretch of time that one version speaks for; `ends_at` None: it lasts."""

    version: Version
    status: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Month:
    first: date
    hours: float


@dataclass(frozen=True)
class Reopening:
    """The first estimate that was published beside what came: `late` is negative where it came sooner."""

    version: Version
    estimated_at: datetime
    actual_at: datetime

    @property
    def late(self) -> timedelta:
        return self.actual_at - self.estimated_at


@dataclass(frozen=True)
class Kept:
    """Promised updates whose hour has come: how many came in time; `late` holds by how much the others did not."""

    in_time: int
    late: tuple[timedelta, ...]

    @property
    def promised(self) -> int:
        return self.in_time + len(self.late)

    @property
    def median_late(self) -> timedelta | None:
        return timedelta(seconds=median(one.total_seconds() for one in self.late)) if self.late else None


def threads(versions: Iterable[Version]) -> list[list[Version]]:
    """The public versions of each notice, the first one first."""
    found: dict[int, list[Version]] = {}
    for version in sorted(versions, key=lambda one: (one.notice_id, one.number)):
        found.setdefault(version.notice_id, []).append(version)
    return list(found.values())


def spells(thread: Sequence[Version], place: str, *, now: datetime) -> list[Spell]:
    """What the versions of one notice said of a place, in order: one word for the rows of one time.

    Versions that say the same, one right after the other, make one stretch; it is the newest's.
    """
    said: dict[tuple[Version, datetime, datetime | None], list[str]] = defaultdict(list)
    for version, row, span in _stretches(thread, place):
        if span[0] < now:
            said[version, *span].append(row.status)
    each = (Spell(version, one_word(words), start, end) for (version, start, end), words in said.items())
    found: list[Spell] = []
    for one in sorted(each, key=lambda one: one.starts_at):
        if found and (found[-1].status, found[-1].ends_at) == (one.status, one.starts_at):
            one = replace(one, starts_at=found.pop().starts_at)
        found.append(one)
    return found


def _stretches(
    thread: Sequence[Version], place: str
) -> Iterator[tuple[Version, ImpactRow, tuple[datetime, datetime | None]]]:
    """Each row of a place with the time that its version speaks for."""
    for version, after in [*pairwise(thread), (thread[-1], None)]:
        if version.msg_type == MsgType.CANCEL:
            continue
        until = after.sent_at if after else None
        for row in version.rows.all():
            if key_of(row) == place and (span := _span(row, version, until=until, first=version is thread[0])):
                yield version, row, span


def _span(
    row: ImpactRow, version: Version, *, until: datetime | None, first: bool
) -> tuple[datetime, datetime | None] | None:
    starts_at = row.starts_at if first else max(row.starts_at, version.sent_at)
    ends = [at for at in (row.ends_at or version.ends_at, until) if at]
    ends_at = min(ends, default=None)
    return (starts_at, ends_at) if ends_at is None or ends_at > starts_at else None


def shut_spans(thread: Sequence[Version], place: str, *, now: datetime) -> list[Span]:
    """When some traffic could not pass, by this notice."""
    found: list[Span] = []
    for _version, row, (start, end) in _stretches(thread, place):
        found += _shut(row, start, min(end or now, now))
    return found


def _shut(row: ImpactRow, start: datetime, end: datetime) -> Iterator[Span]:
    """"Closed", or outside of the hours of "open only 06:00-18:00"."""
    hours, days = str(row.qualifier.get("hours") or ""), str(row.qualifier.get("days") or "")
    if not hours:
        if row.status in SHUT and start < end:
            yield start, end
        return
    inside = row.status in SHUT
    if not inside and row.status != PlaceStatus.OPEN:
        return
    at = start
    while at < end:
        after = min(at + STEP, end)
        if within(hours, days, row.time_zone, at) == inside:
            yield at, after
        at = after


def merged(spans: Iterable[Span]) -> list[Span]:
    """Each moment once."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def first_days(today: date, *, count: int = 12) -> list[date]:
    """Of the last `count` months, the one of `today` last."""
    firsts = [today.replace(day=1)]
    for _earlier in range(count - 1):
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    return firsts[::-1]


def by_month(spans: Iterable[Span], *, zone: str, now: datetime, count: int = 12) -> list[Month]:
    """Hours in each of the last `count` months of the wall calendar in `zone`, the oldest first."""
    place, whole = ZoneInfo(zone or "UTC"), merged(spans)
    found = []
    for first in first_days(now.astimezone(place).date(), count=count):
        after = (first + timedelta(days=32)).replace(day=1)
        start, end = (datetime(one.year, one.month, 1, tzinfo=place) for one in (first, after))
        seconds = sum(max((min(b, end) - max(a, start)).total_seconds(), 0.0) for a, b in whole)
        found.append(Month(first, seconds / 3600))
    return found


def reopening(thread: Sequence[Version], *, now: datetime) -> Reopening | None:
    """None while it lasts, or where nobody estimated anything, or where it was withdrawn as a mistake."""
    first = next((version for version in thread if version.reopens_latest), None)
    last = thread[-1]
    if first is None or first.reopens_latest is None or last.action == Version.Action.WITHDRAW:
        return None
    if last.action == Version.Action.ALL_CLEAR:
        return Reopening(first, first.reopens_latest, last.starts_at or last.sent_at)
    if last.ends_at and last.ends_at <= now:
        return Reopening(first, first.reopens_latest, last.ends_at)
    return None


def promises(thread: Sequence[Version], *, now: datetime) -> Iterator[tuple[datetime, timedelta | None]]:
    """Each promised update that was kept, or whose hour has come, and by how much it is or was late, if at all.

    Any newer version keeps it, or the end of the notice.
    """
    for version, after in [*pairwise(thread), (thread[-1], None)]:
        due = version.next_update_at
        if due is None:
            continue
        came = min((at for at in (after.sent_at if after else None, version.ends_at) if at), default=None)
        if came is not None and came <= due:
            yield due, None
        elif due <= now:
            yield due, (came if came and came <= now else now) - due


def kept(several: Iterable[Sequence[Version]], *, now: datetime) -> Kept:
    found = [late for thread in several for _due, late in promises(thread, now=now)]
    lates = tuple(late for late in found if late is not None)
    return Kept(len(found) - len(lates), lates)
