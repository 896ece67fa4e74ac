"""The status board: what each place is now, by whose word, and what was promised of it. One fold for all places.

Every place of our offices stands on it, and every place that a notice in force speaks of, with a code or without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from base.words import STATUS_RANK, TRAVELLERS, Direction, PlaceStatus, Traffic
from contacts.models import Place
from contacts.models.places import fold as fold_name

from . import status_of, truth_of
from .models import ImpactRow, Version
from .status import Stated, fold, said_now
from .truth import Row, segments

Cells = Mapping[tuple[str, str, str], Stated]  # by mode, direction, traffic
CARGO = (Traffic.CARGO, Traffic.EMPTIES, Traffic.RELIEF)


@dataclass(frozen=True)
class Column:
    """What one column tells of: a direction (empty: any) of some traffic."""

    key: str
    traffic: tuple[str, ...]
    direction: str = ""

    @cached_property
    def holds(self) -> frozenset[tuple[str, str]]:
        """Each direction with each traffic that it tells of."""
        ways = [self.direction] if self.direction else Direction.values
        return frozenset((way, traffic) for way in ways for traffic in self.traffic)

    def status(self, cells: Cells, modes: int, unsaid: str) -> str:
        """At a place with so many modes; traffic that nobody speaks of makes no closure partial."""
        holds = self.holds
        own = {cell: stated for cell, stated in cells.items() if cell[1:] in holds}
        spoken_of = {traffic for _mode, _way, traffic in own}
        return status_of_all(own, modes * (1 if self.direction else len(Direction)) * len(spoken_of), unsaid)


COLUMNS = (
    Column("cargo_import", CARGO, "import"),
    Column("cargo_export", CARGO, "export"),
    Column("cargo_transit", CARGO, "transit"),
    Column("perishables", (Traffic.LIVE_PERISHABLE,)),
    Column("travellers", TRAVELLERS),
)


@dataclass(frozen=True)
class Line:
    """What one agency says of a place now."""

    agency: str
    status: str


@dataclass(frozen=True)
class Standing:
    """A place at one moment. `version` is the one whose word is the worst; None where no notice is in force."""

    code: str
    name: str
    country: str
    zone: str
    status: str
    columns: tuple[str, ...]
    as_of: datetime
    source: str
    modes: tuple[str, ...] = ()
    version: Version | None = None
    said: str = ""
    agencies: tuple[Line, ...] = ()
    next_update_at: datetime | None = None
    sort_key: str = field(default="", compare=False)

    @property
    def is_open(self) -> bool:
        return self.status == PlaceStatus.OPEN

    @property
    def rank(self) -> int:
        return STATUS_RANK[PlaceStatus(self.status)]

    @property
    def reopens(self) -> tuple[datetime | None, datetime | None]:
        """The estimate, its earliest and its latest moment."""
        return (self.version.reopens_earliest, self.version.reopens_latest) if self.version else (None, None)

    def overdue(self, now: datetime) -> bool:
        """Whether the last hour of the estimate has passed, and it is not open."""
        latest = self.reopens[1]
        return latest is not None and latest < now and not self.is_open

    def late(self, now: datetime) -> bool:
        return self.next_update_at is not None and self.next_update_at < now


def standings(places: Iterable[Place], *, now: datetime, language: str) -> list[Standing]:
    """How each of `places` stands, with those without a code that a notice names; the worst first, then by name."""
    versions = status_of.issued_now(now)
    known = {place.locode: place for place in places}
    modes = {code: place.modes for code, place in known.items()}
    cells = fold((status_of.as_status(version, now) for version in versions), now=now, place_modes=modes)
    by_place: dict[str, dict[tuple[str, str, str], Stated]] = defaultdict(dict)
    for (place, *rest), stated in cells.items():
        mode, direction, traffic = rest
        by_place[place][mode, direction, traffic] = stated
    told = _Told(versions, now=now, language=language)
    found = [_standing(place, by_place.get(code, {}), told) for code, place in known.items()]
    found += [
        told.without_code(name, by_place.get(name, {}))
        for name in told.uncoded()
        if name in by_place or told.at_other_hours(name)
    ]
    return sorted(found, key=lambda one: (one.rank, one.sort_key, one.code))


def _standing(place: Place, cells: Cells, told: _Told) -> Standing:
    return told.standing(
        cells, modes=tuple(place.modes), key=place.locode, code=place.locode, name=place.name_in(told.language),
        country=place.country, zone=place.time_zone, sort_key=place.sort_key, ours=place.office_id is not None,
    )  # fmt: skip


def worst_of(cells: Iterable[Stated]) -> Stated | None:
    each = {id(stated): stated for stated in cells}  # dozens of cells share one
    return min(each.values(), key=lambda stated: stated.order, default=None)


def status_of_all(cells: Cells, whole: int, unsaid: str) -> str:
    """The one word for a place, or a column of it: closed only where nothing passes, else partly closed.

    `unsaid` where nobody says anything.
    """
    worst = worst_of(cells.values())
    if worst is None:
        return unsaid
    if worst.status == PlaceStatus.CLOSED:
        shut = sum(stated.status == PlaceStatus.CLOSED for stated in cells.values())
        return PlaceStatus.CLOSED.value if shut >= whole else PlaceStatus.PARTLY_CLOSED.value
    return worst.status


@lru_cache(maxsize=4096)
def _spoken(rows: tuple[Row, ...], language: str, key: str, name: str, modes: tuple[str, ...]) -> str:
    """The same rows are told of by the same words."""
    said = segments(rows, language, place_names={key: name}, place_modes={key: modes} if modes else {})
    return " ".join(clause.spoken for clause in said)


class _Told:
    """The versions in force, by reference, and what their rows say of one place."""

    def __init__(self, versions: Iterable[Version], *, now: datetime, language: str) -> None:
        self.versions = {status_of.reference_of(version): version for version in versions}
        self.now, self.language = now, language
        self.names: dict[int, tuple[dict[str, str], dict[str, list[str]]]] = {}
        self.rows: dict[str, list[tuple[Version, ImpactRow]]] = defaultdict(list)
        for version in self.versions.values():
            for row in version.rows.all():
                self.rows[status_of.key_of(row)].append((version, row))

    def uncoded(self) -> list[str]:
        """Names of places without a code, which no list of ours holds; systems are no places."""
        return [key for key, rows in self.rows.items() if not any(_is_coded(row) for _v, row in rows)]

    def without_code(self, name: str, cells: Cells) -> Standing:
        ((_version, row), *_more) = self.rows[name]
        return self.standing(
            cells, modes=tuple(row.modes), key=name, code="", name=name, country="", zone=row.time_zone,
            sort_key=fold_name(name), ours=True,
        )  # fmt: skip

    def standing(
        self, cells: Cells, *, modes: tuple[str, ...], key: str, zone: str, ours: bool, **facts: Any
    ) -> Standing:
        """`modes`: those of the place; none where nobody has said. Where it is not `ours` silence tells nothing."""
        unsaid = (PlaceStatus.OPEN if ours else PlaceStatus.UNKNOWN).value
        worst = worst_of(cells.values())
        lead = self.versions[worst.notice] if worst else self.at_other_hours(key)
        count = max(len(modes), 1)
        speaking = {stated.notice for stated in cells.values()}
        due = [self.versions[notice].next_update_at for notice in speaking]
        due += [lead.next_update_at] if lead else []
        return Standing(
            **facts,
            zone=zone or "UTC",
            status=status_of_all(cells, count * len(Direction) * len(Traffic), unsaid),
            columns=tuple(column.status(cells, count, unsaid) for column in COLUMNS),
            modes=modes,
            as_of=lead.issued_at or self.now if lead else self.now,
            source=self._source(lead, key) if lead else "",
            version=lead,
            said=self._said(lead, key) if lead else "",
            agencies=self._agencies(key),
            next_update_at=min((at for at in due if at), default=None),
        )

    def at_other_hours(self, key: str) -> Version | None:
        """The newest version that closes the place each night, say, while it is day: in force, though it is open."""
        begun = [version for version, row in self.rows.get(key, ()) if row.starts_at <= self.now]
        return max(begun, key=lambda version: version.issued_at or self.now, default=None)

    def _rows_of(self, version: Version, key: str) -> list[ImpactRow]:
        return [row for one, row in self.rows[key] if one is version]

    def _said(self, version: Version, key: str) -> str:
        """The truth line of the leading notice for this place alone, without its name."""
        if version.pk not in self.names:
            self.names[version.pk] = truth_of.names_and_modes(version, self.language)
        names, modes = self.names[version.pk]
        rows = tuple(truth_of.as_rows(self._rows_of(version, key)))
        return _spoken(rows, self.language, key, names.get(key, ""), tuple(modes.get(key, ())))

    def _source(self, version: Version, key: str) -> str:
        """Whose word it is: the agency of the row that is the worst, else the office."""
        rows = sorted(self._rows_of(version, key), key=lambda row: STATUS_RANK[PlaceStatus(row.status)])
        by = rows[0].agency if rows and rows[0].agency else version.notice.office
        return by.names.get(self.language) or str(by)

    def _agencies(self, key: str) -> tuple[Line, ...]:
        """One line for each agency that says something of the place now, the worst of it."""
        said: dict[str, str] = {}
        for _version, row in self.rows.get(key, ()):
            status = said_now(status_of.as_row(row), self.now) if row.agency else None
            if row.agency is None or status is None:
                continue
            name = row.agency.names.get(self.language) or str(row.agency)
            said[name] = min(status, said.get(name, status), key=lambda one: STATUS_RANK[PlaceStatus(one)])
        return tuple(Line(name, status) for name, status in sorted(said.items()))


def _is_coded(row: ImpactRow) -> bool:
    return row.place is not None or not row.place_name


SORTS: dict[str, Callable[[Standing], tuple[object, ...]]] = {
    "worst": lambda one: (one.rank, one.sort_key, one.code),
    "update": lambda one: (one.next_update_at is None, one.next_update_at, one.rank, one.sort_key),
    "name": lambda one: (one.sort_key, one.code),
}
