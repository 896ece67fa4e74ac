"""Who may pass: one lane a traffic, from the rows of a version. States nothing that no row states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from base.text import labelled
from base.words import STATUS_RANK, Direction, PlaceStatus, Traffic

from .truth import Row
from .truth.cells import Said, cells_of, mentioned

Cell = tuple[str, str]  # (place and mode, direction)


@dataclass(frozen=True)
class Lane:
    """`status` is empty where nothing is stated; `note` says for which directions, or where to read more."""

    traffic: str
    status: str
    note: str

    @property
    def name(self) -> str:
        return str(Traffic(self.traffic).label)


def lanes(rows: Sequence[Row], place_modes: dict[str, list[str]]) -> list[Lane]:
    """The traffics that the rows name, in the order of the words; cargo always."""
    stated: dict[str, dict[Cell, Said]] = {}
    for place in dict.fromkeys(place for row in rows for place in row.places):
        for mode in place_modes.get(place) or mentioned(rows):
            for (direction, traffic), said in cells_of(rows, place, mode).items():
                stated.setdefault(traffic, {})[f"{place} {mode}", direction] = said
    return [
        _lane(str(traffic), stated.get(traffic, {}))
        for traffic in Traffic
        if traffic == Traffic.CARGO or stated.get(traffic)
    ]


def _lane(traffic: str, cells: dict[Cell, Said]) -> Lane:
    if not cells:
        return Lane(traffic, "", _("Not stated"))
    statuses = {said.status for said in cells.values()}
    worst = min(statuses, key=lambda status: STATUS_RANK[PlaceStatus(status)])
    by_direction = {
        direction: {said.status for (_place, way), said in cells.items() if way == direction}
        for direction in Direction
    }
    named = {direction: found for direction, found in by_direction.items() if found}
    if len(statuses) == 1:
        only = ", ".join(str(direction.label) for direction in named)
        hours = {said.qualifier.hours for said in cells.values()}
        note = hours.pop() if len(hours) == 1 else _("It differs: see the line above")
        return Lane(traffic, worst, note or (only if len(named) < len(Direction) else ""))
    status = PlaceStatus.PARTLY_CLOSED if worst == PlaceStatus.CLOSED else PlaceStatus(worst)
    if all(len(found) == 1 for found in named.values()):
        words = [labelled(direction.label, PlaceStatus(min(found)).label) for direction, found in named.items()]
        return Lane(traffic, str(status), ", ".join(words))
    return Lane(traffic, str(status), _("It differs: see the line above"))
