"""The truth line of a version: its rows as the grammar wants them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from base.words import CapStatus, MsgType, PlaceStatus

from . import systems
from .models import ImpactRow, Version
from .status import one_word, rank
from .truth import Clause, Row, segments, truth_line
from .truth.cells import Qualifier


def qualifier_of(facts: dict[str, object]) -> Qualifier:
    value = facts.get("value")
    return Qualifier(
        limit=str(facts.get("limit") or ""),
        value=tuple((str(name), float(number)) for name, number in value.items()) if isinstance(value, dict) else (),
        hours=str(facts.get("hours") or ""),
        days=str(facts.get("days") or ""),
    )


def _key(row: ImpactRow) -> str:
    return row.place.locode if row.place else row.place_name


def rows_of(version: Version) -> list[Row]:
    return as_rows(version.rows.all())


def as_rows(rows: Iterable[ImpactRow]) -> list[Row]:
    return [
        Row(
            places=(_key(row),),
            status=row.status,
            modes=tuple(row.modes),
            directions=tuple(row.directions),
            traffic=tuple(row.traffic),
            qualifier=qualifier_of(row.qualifier),
        )
        for row in rows
        if not row.system
    ]


def names_and_modes(version: Version, language: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    names: dict[str, str] = {}
    modes: dict[str, list[str]] = {}
    for row in version.rows.all():
        if row.system:
            continue
        names[_key(row)] = row.place.name_in(language) if row.place else row.place_name
        if row.place and row.place.modes:
            # A row may name a mode that the list of places does not know yet: it is spoken of all the same.
            known = modes.get(_key(row), row.place.modes)
            modes[_key(row)] = [*known, *(mode for mode in row.modes if mode not in known)]
    return names, modes


def reopens(version: Version) -> bool:
    """Whether it is an all-clear: everything plainly open after an earlier version said otherwise."""
    rows = list(version.rows.all())
    if version.msg_type != MsgType.UPDATE or not rows:
        return False
    if any(row.status != PlaceStatus.OPEN or row.qualifier for row in rows):
        return False
    before = ImpactRow.objects.filter(version__notice_id=version.notice_id, version__number__lt=version.number)
    return before.exclude(status=PlaceStatus.OPEN).exists()


def line(version: Version, language: str) -> str:
    """The whole line in `language`; English words where a language has none."""
    if systems.alone(version):
        return systems.line(version, language)
    names, modes = names_and_modes(version, language)
    return truth_line(
        rows_of(version),
        language,
        place_names=names,
        place_modes=modes,
        again=reopens(version),
        withdrawn=version.msg_type == MsgType.CANCEL,
        exercise=version.status != CapStatus.ACTUAL,
    )


def clauses(version: Version, language: str) -> list[Clause]:
    """The same clause by clause, for pages that put a shape before each."""
    names, modes = names_and_modes(version, language)
    return segments(
        rows_of(version), language, place_names=names, place_modes=modes, again=reopens(version)
    )


def worst_status(version: Version) -> str:
    """The status of the place that is worst off; it is partly closed where some may pass."""
    if systems.alone(version):
        return systems.worst(version)
    found = defaultdict(list)
    for row in version.rows.all():
        if not row.system:
            found[_key(row)].append(row.status)
    return min(map(one_word, found.values()), key=rank, default=PlaceStatus.UNKNOWN.value)
