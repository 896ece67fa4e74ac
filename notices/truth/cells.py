"""From rows to cells, and places and modes that read the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from base.words import STATUS_RANK, Direction, Mode, PlaceStatus, Traffic

DIRECTIONS = tuple(str(direction) for direction in Direction)
GOODS = ("cargo", "empties", "relief", "live_perishable")
TRAFFIC = tuple(str(traffic) for traffic in Traffic)


@dataclass(frozen=True)
class Qualifier:
    """What narrows a status: a coded limit, a value such as wait_h, hours with days."""

    limit: str = ""
    value: tuple[tuple[str, float], ...] = ()
    hours: str = ""
    days: str = ""

    def __bool__(self) -> bool:
        return bool(self.limit or self.value or self.hours)


@dataclass(frozen=True)
class Row:
    """One impact row; empty `modes`, `directions` or `traffic` stand for every one."""

    places: tuple[str, ...]
    status: str
    modes: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    qualifier: Qualifier = Qualifier()


@dataclass(frozen=True)
class Said:
    """What one cell says."""

    status: str
    qualifier: Qualifier

    @property
    def rank(self) -> int:
        return STATUS_RANK[PlaceStatus(self.status)]

    @property
    def plain_open(self) -> bool:
        return self.status == PlaceStatus.OPEN and not self.qualifier


Cells = dict[tuple[str, str], Said]  # (direction, traffic) → what is said


@dataclass(frozen=True)
class Segment:
    """Modes of a place that read the same; `labelled` unless they are all the modes of the place."""

    modes: tuple[str, ...]
    cells: tuple[tuple[tuple[str, str], Said], ...]
    labelled: bool

    @property
    def table(self) -> Cells:
        return dict(self.cells)

    def worst_goods(self) -> int:
        ranks = [said.rank for (_direction, traffic), said in self.cells if traffic in GOODS]
        return min(ranks, default=len(STATUS_RANK))


@dataclass(frozen=True)
class Group:
    """Places that read the same."""

    places: tuple[str, ...]
    segments: tuple[Segment, ...]


def cells_of(rows: Sequence[Row], place: str, mode: str) -> Cells:
    """The cells of one place and mode; a later row wins over an earlier one."""
    cells: Cells = {}
    for row in rows:
        if place not in row.places or (row.modes and mode not in row.modes):
            continue
        for direction in row.directions or DIRECTIONS:
            for traffic in row.traffic or TRAFFIC:
                cells[direction, traffic] = Said(row.status, row.qualifier)
    return cells


def segments_of(rows: Sequence[Row], place: str, modes: Sequence[str]) -> tuple[Segment, ...]:
    """The segments of a place, the one where goods are worst first."""
    alike: dict[tuple[tuple[tuple[str, str], Said], ...], list[str]] = {}
    for mode in modes:
        cells = cells_of(rows, place, mode)
        if cells:
            alike.setdefault(tuple(sorted(cells.items(), key=lambda cell: cell[0])), []).append(mode)
    whole = len(alike) == 1 and len(next(iter(alike.values()))) == len(modes)
    found = [Segment(tuple(names), cells, labelled=not whole) for cells, names in alike.items()]
    return tuple(sorted(found, key=Segment.worst_goods))


def groups_of(rows: Sequence[Row], place_modes: Mapping[str, Sequence[str]]) -> list[Group]:
    """Places in the order of the rows, those that read the same together.

    Two places read the same if the same modes say the same; for a place that is spoken of as a whole, which
    modes it has does not matter. A group in which one place needs the label of its modes carries it.
    """
    order = list(dict.fromkeys(place for row in rows for place in row.places))
    alike: dict[tuple[object, ...], list[tuple[str, tuple[Segment, ...]]]] = {}
    for place in order:
        found = segments_of(rows, place, place_modes.get(place) or mentioned(rows))
        if found:
            alike.setdefault(tuple((segment.modes, segment.cells) for segment in found), []).append((place, found))
    groups: dict[tuple[object, ...], Group] = {}
    for key, members in alike.items():
        labelled = next((found for _place, found in members if found[0].labelled), None)
        segments = labelled or members[0][1]
        whole_key = key if labelled else (segments[0].cells,)
        before = groups.get(whole_key)
        places = tuple(place for place, _found in members)
        groups[whole_key] = Group((*before.places, *places), before.segments) if before else Group(places, segments)
    return list(groups.values())


def mentioned(rows: Sequence[Row]) -> list[str]:
    """Every mode the rows name, else every mode there is: for a place that has no list of its own."""
    return list(dict.fromkeys(mode for row in rows for mode in row.modes)) or [str(mode) for mode in Mode]
