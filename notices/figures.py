"""How well the trade was told, in numbers: how soon, whether promises were kept, how estimates fared. Pure.

From facts that each stand at a moment and belong to an office and places, so that any group of them has its figures.
A notice that was withdrawn as a mistake gives none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from base.words import PlaceStatus

from . import record
from .models import Version

TOLD, PROMISE, ESTIMATE = "told", "promise", "estimate"


@dataclass(frozen=True)
class Fact:
    """`span`: from a start to its notice, by how much an update was late, or from estimate to actual."""

    what: str
    at: datetime
    span: timedelta
    good: bool
    office: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """Spans are medians, None where nothing was counted; `off` is negative where places reopened sooner."""

    told: int
    to_notice: timedelta | None
    promised: int
    in_time: int
    late_by: timedelta | None
    estimated: int
    within: int
    off: timedelta | None

    @property
    def any(self) -> bool:
        return bool(self.told or self.promised or self.estimated)

    @property
    def kept_percent(self) -> int | None:
        return percent(self.in_time, self.promised)

    @property
    def within_percent(self) -> int | None:
        return percent(self.within, self.estimated)


def percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def facts_of(thread: Sequence[Version], *, now: datetime, troubled: bool, places: tuple[str, ...]) -> Iterator[Fact]:
    """What one notice gives. `troubled`: its first version says that something is not open."""
    first, last = thread[0], thread[-1]
    if last.action == Version.Action.WITHDRAW:
        return
    office = first.notice.office.code
    if troubled and first.starts_at and first.starts_at <= first.sent_at:
        yield Fact(TOLD, first.sent_at, first.sent_at - first.starts_at, True, office, places)
    for due, late in record.promises(thread, now=now):
        yield Fact(PROMISE, due, late or timedelta(0), late is None, office, places)
    came = record.reopening(thread, now=now)
    if came and came.actual_at <= now:
        earliest = came.version.reopens_earliest or came.version.sent_at
        within = earliest <= came.actual_at <= came.estimated_at
        yield Fact(ESTIMATE, came.actual_at, came.late, within, office, places)


def is_trouble(statuses: Iterable[str]) -> bool:
    return any(status != PlaceStatus.OPEN for status in statuses)


def figures(facts: Iterable[Fact]) -> Figures:
    of: Mapping[str, list[Fact]] = {TOLD: [], PROMISE: [], ESTIMATE: []}
    for fact in facts:
        of[fact.what].append(fact)
    promises, estimates = of[PROMISE], of[ESTIMATE]
    return Figures(
        told=len(of[TOLD]),
        to_notice=_median(of[TOLD]),
        promised=len(promises),
        in_time=sum(fact.good for fact in promises),
        late_by=_median([fact for fact in promises if not fact.good]),
        estimated=len(estimates),
        within=sum(fact.good for fact in estimates),
        off=_median(estimates),
    )


def _median(facts: Sequence[Fact]) -> timedelta | None:
    return timedelta(seconds=median(fact.span.total_seconds() for fact in facts)) if facts else None
