"""Status now: what a place is to each traffic at one moment, folded from the rows of live versions. Pure.

Within a notice the newest issued version counts, within a version the later row, between notices the worst.
Exercises and tests never count. A cell without a row is open, with no notice in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from base.words import GOODS, STATUS_RANK, TRAVELLERS, Direction, Mode, PlaceStatus, Traffic

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_MODES = tuple(str(mode) for mode in Mode)
ALL_DIRECTIONS = tuple(str(direction) for direction in Direction)
ALL_TRAFFIC = tuple(str(traffic) for traffic in Traffic)

Cell = tuple[str, str, str, str]  # place, mode, direction, traffic


def rank(status: str) -> int:
    """The worst first."""
    return STATUS_RANK[PlaceStatus(status)]


def one_word(statuses: Sequence[str]) -> str:
    """For several rows of one place: the worst, but partly closed where what is closed to some is not to others."""
    worst = min(statuses, key=rank)
    is_mixed = worst == PlaceStatus.CLOSED and set(statuses) != {worst}
    return PlaceStatus.PARTLY_CLOSED.value if is_mixed else worst


@dataclass(frozen=True)
class StatusRow:
    """One impact row; empty sets stand for every one. `hours` 22:00-06:00 and `days` mon-sat in `zone`."""

    place: str
    status: str
    starts_at: datetime
    ends_at: datetime | None = None
    modes: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    zone: str = "UTC"
    hours: str = ""
    days: str = ""


@dataclass(frozen=True)
class StatusVersion:
    """One version that went out."""

    notice: str
    number: int
    issued_at: datetime
    rows: tuple[StatusRow, ...]
    withdrawn: bool = False
    exercise: bool = False


@dataclass(frozen=True)
class Stated:
    """What a cell is, which notice says so, and since when it is said."""

    status: str
    notice: str
    number: int
    as_of: datetime

    @cached_property
    def order(self) -> tuple[int, float, str]:
        """Worst first; of equals the one said last."""
        return (STATUS_RANK[PlaceStatus(self.status)], -self.as_of.timestamp(), self.notice)


@lru_cache(maxsize=256)
def weekdays(days: str) -> frozenset[int]:
    """The days of "daily", "mon-fri" or "sat,sun" as numbers, Monday 0; a range may run over Sunday."""
    found: set[int] = set()
    for part in (days or "daily").split(","):
        first, _dash, last = part.strip().partition("-")
        if first == "daily":
            return frozenset(range(7))
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


@lru_cache(maxsize=256)
def _span(hours: str) -> tuple[time, time]:
    start, end = (part.strip() for part in hours.split("-"))
    return time.fromisoformat(start), time() if end == "24:00" else time.fromisoformat(end)


def within(hours: str, days: str, zone: str, now: datetime) -> bool:
    """Whether the wall clock in `zone` stands inside the pattern; a night belongs to the day it begins on."""
    start, end = _span(hours)
    there = now.astimezone(ZoneInfo(zone))
    clock, today, named = there.time(), there.weekday(), weekdays(days)
    if start < end:
        return today in named and start <= clock < end
    yesterday = (there - timedelta(days=1)).weekday()
    return (today in named and clock >= start) or (yesterday in named and clock < end)


def said_now(row: StatusRow, now: datetime) -> str | None:
    """The status `row` states at `now`, or None. "Open only 06:00-18:00" states closed at night."""
    if row.starts_at > now or (row.ends_at is not None and row.ends_at <= now):
        return None
    if not row.hours or within(row.hours, row.days, row.zone, now):
        return row.status
    return PlaceStatus.CLOSED.value if row.status == PlaceStatus.OPEN else None


def newest(versions: Iterable[StatusVersion], now: datetime) -> list[StatusVersion]:
    """Per notice the newest version issued by `now`; exercises left out, withdrawn notices gone."""
    latest: dict[str, StatusVersion] = {}
    for version in versions:
        if version.exercise or version.issued_at > now:
            continue
        before = latest.get(version.notice)
        if before is None or version.number > before.number:
            latest[version.notice] = version
    return [version for version in latest.values() if not version.withdrawn]


def fold(
    versions: Iterable[StatusVersion], *, now: datetime, place_modes: Mapping[str, Sequence[str]] | None = None
) -> dict[Cell, Stated]:
    """Every cell that some notice speaks of at `now`."""
    known = place_modes or {}
    cells: dict[Cell, Stated] = {}
    for version in newest(versions, now):
        own: dict[Cell, Stated] = {}
        said: dict[str, Stated] = {}  # one object a status: thousands of cells share it
        for row in version.rows:
            status = said_now(row, now)
            if status is None:
                continue
            stated = said.setdefault(status, Stated(status, version.notice, version.number, version.issued_at))
            modes = row.modes or tuple(known.get(row.place) or ALL_MODES)
            for mode, direction, traffic in product(
                modes, row.directions or ALL_DIRECTIONS, row.traffic or ALL_TRAFFIC
            ):
                own[row.place, mode, direction, traffic] = stated
        for cell, stated in own.items():
            before = cells.get(cell)
            if before is None or (stated is not before and stated.order < before.order):
                cells[cell] = stated
    return cells


@dataclass(frozen=True)
class PlaceNow:
    """A place at one moment. `stated` is None where no notice is in force: then it is open."""

    place: str
    worst: Stated | None
    cargo: Stated | None
    travellers: Stated | None
    notices: tuple[str, ...]

    @property
    def status(self) -> str:
        return self.worst.status if self.worst else PlaceStatus.OPEN.value

    @property
    def cargo_status(self) -> str:
        return self.cargo.status if self.cargo else PlaceStatus.OPEN.value

    @property
    def travellers_status(self) -> str:
        return self.travellers.status if self.travellers else PlaceStatus.OPEN.value


def _worst(found: Iterable[Stated]) -> Stated | None:
    return min(found, key=lambda stated: stated.order, default=None)


def places_now(cells: Mapping[Cell, Stated], places: Iterable[str]) -> dict[str, PlaceNow]:
    """For each of `places`: the worst of all its cells, of cargo, of travellers, and whose word it is."""
    by_place: dict[str, dict[tuple[str, int], tuple[str, Stated]]] = {place: {} for place in places}
    for (place, _mode, _direction, traffic), stated in cells.items():
        if place in by_place:
            by_place[place][traffic, id(stated)] = (traffic, stated)
    return {
        place: PlaceNow(
            place=place,
            worst=_worst(stated for _traffic, stated in found),
            cargo=_worst(stated for traffic, stated in found if traffic in GOODS),
            travellers=_worst(stated for traffic, stated in found if traffic in TRAVELLERS),
            notices=tuple(sorted({stated.notice for _traffic, stated in found})),
        )
        for place, found in ((place, several.values()) for place, several in by_place.items())
    }


def changes_after(versions: Iterable[StatusVersion], now: datetime) -> datetime | None:
    """The next moment at which a start or an end changes something by itself; weekly patterns left out."""
    moments = [
        moment.astimezone(UTC)
        for version in newest(versions, now)
        for row in version.rows
        for moment in (row.starts_at, row.ends_at)
        if moment is not None and moment > now
    ]
    return min(moments, default=None)
