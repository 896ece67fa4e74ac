"""Place by place: what the rows of a version say, in few lines. States nothing that no row states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from django.utils import translation
from django.utils.translation import gettext as _

from base.words import Direction, Mode, PlaceStatus, Traffic

from . import systems, truth_of
from .changes import Cell, blocks
from .models import ImpactRow, Version
from .truth import qualified
from .wording import Named, wording


@dataclass(frozen=True)
class Part:
    """`who`: traffics, directions and modes; `narrowed`: what stands behind the word of the status."""

    who: str
    status: str
    word: str
    narrowed: str


@dataclass(frozen=True)
class Line:
    """Places of which the same is said."""

    places: tuple[Named, ...]
    parts: tuple[Part, ...]


def lines(version: Version, language: str) -> list[Line]:
    """In the order of the rows; a later row wins over an earlier one, as everywhere."""
    at: dict[Named, list[ImpactRow]] = {}
    for row, place in zip(version.rows.all(), wording(version, language).rows, strict=True):
        at.setdefault(_named(row, place, language), []).append(row)
    with translation.override(language):
        spoken: dict[tuple[object, ...], tuple[Part, ...]] = {}
        alike: dict[tuple[Part, ...], list[Named]] = {}
        for name, rows in at.items():
            says = tuple(map(_says, rows))
            if says not in spoken:
                spoken[says] = tuple(_parts(rows, language))
            alike.setdefault(spoken[says], []).append(name)
    return [Line(tuple(names), parts) for parts, names in alike.items()]


def _named(row: ImpactRow, place: Named, language: str) -> Named:
    """A system by its own name; what another agency says of a place stands apart from what the place is."""
    if row.system:
        return Named("", row.system)
    agency = row.agency and (row.agency.names.get(language) or str(row.agency))
    return Named(place.code, f"{place.name} ({agency})") if agency else place


def _says(row: ImpactRow) -> tuple[object, ...]:
    known = tuple(row.place.modes) if row.place else ()
    return (
        bool(row.system), row.status, repr(row.qualifier), known,
        tuple(row.traffic), tuple(row.directions), tuple(row.modes),
    )  # fmt: skip


def _parts(rows: Sequence[ImpactRow], language: str) -> Iterator[Part]:
    if rows[0].system:
        yield Part("", rows[-1].status, systems.said(rows[-1], language), "")
        return
    cells: dict[Cell, tuple[str, str]] = {}
    for row in rows:
        said = row.status, qualified(language, row.status, truth_of.qualifier_of(row.qualifier))
        for cell in product(
            row.traffic or Traffic.values, row.directions or Direction.values, row.modes or _modes(rows)
        ):
            cells.pop(cell, None)
            cells[cell] = said
    for status, narrowed in dict.fromkeys(cells.values()):
        for block in blocks([cell for cell, said in cells.items() if said == (status, narrowed)]):
            who = _who(block, set(_modes(rows)))
            yield Part(who, status, str(PlaceStatus(status).label), narrowed)


def _modes(rows: Sequence[ImpactRow]) -> list[str]:
    """Every mode of the place, and those that only its rows know."""
    known = rows[0].place.modes if rows[0].place else []
    return list(dict.fromkeys([*known, *(mode for row in rows for mode in row.modes)])) or Mode.values


def _who(block: tuple[frozenset[str], ...], modes: set[str]) -> str:
    """Modes and directions only where they are not every one; traffics always."""
    traffic, directions, by = block
    groups = [
        [str(one.label) for one in Mode if one in by] if not modes <= by else [],
        [_("All traffic")] if len(traffic) == len(Traffic) else [str(one.label) for one in Traffic if one in traffic],
        [str(one.label) for one in Direction if one in directions] if len(directions) < len(Direction) else [],
    ]
    return " · ".join(", ".join(group) for group in groups if group)
