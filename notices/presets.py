"""Rows while they are typed: quick choices, one more, one less. Nothing here is saved."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.words import GOODS, TRAVELLERS, PlaceStatus, Traffic

LORRIES = [*GOODS, Traffic.CREW]
PRESETS: dict[str, tuple[Any, list[tuple[str, list[Any]]]]] = {
    "open-to-all": (_("Open to all"), [(PlaceStatus.OPEN, list(Traffic))]),
    "cargo-waits": (
        _("Cargo waits, travellers pass"),
        [(PlaceStatus.CONGESTED, LORRIES), (PlaceStatus.OPEN, [*TRAVELLERS])],
    ),
    "cargo-on-paper": (
        _("Cargo with limits, travellers pass"),
        [(PlaceStatus.RESTRICTED, [*GOODS]), (PlaceStatus.OPEN, [Traffic.CREW, *TRAVELLERS])],
    ),
    "closed-to-all": (_("Closed to all"), [(PlaceStatus.CLOSED, list(Traffic))]),
    "closed-to-travellers": (
        _("Closed to travellers, open to cargo"),
        [(PlaceStatus.CLOSED, [*TRAVELLERS]), (PlaceStatus.OPEN, LORRIES)],
    ),
    "closed-to-cargo": (
        _("Closed to cargo, open to travellers"),
        [(PlaceStatus.CLOSED, LORRIES), (PlaceStatus.OPEN, [*TRAVELLERS])],
    ),
}
MANY = ("traffic", "modes", "directions")
WHERE = ("place", "place_name")
MOST_ROWS = 60


def typed_rows(data: QueryDict, names: list[str]) -> list[dict[str, Any]]:
    """What was typed into the rows, as initial values."""
    try:
        total = min(int(data.get("row-TOTAL_FORMS", "0")), MOST_ROWS)
    except ValueError:
        total = 0
    return [
        {
            name: data.getlist(f"row-{number}-{name}") if name in MANY else data.get(f"row-{number}-{name}", "")
            for name in names
        }
        for number in range(total)
    ]


def with_preset(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """`rows` with those of the preset `key` in the first free ones, at the first place that was typed."""
    place = next(filter(None, map(_where, rows)), {})
    taken = [row for row in rows if row.get("traffic") or row.get("system")]
    _label, wanted = PRESETS[key]
    added = [{**place, "status": str(status), "traffic": [str(one) for one in traffic]} for status, traffic in wanted]
    return taken + added


def with_one_more(rows: list[dict[str, Any]], _which: str) -> list[dict[str, Any]]:
    """A further row at the place of the last one, since most rows of a notice share it."""
    return [*rows, _where(rows[-1]) if rows else {}]


def _where(row: dict[str, Any]) -> dict[str, Any]:
    """The place of a row, by its code or by its name."""
    return {name: row[name] for name in WHERE if row.get(name)}


def without(rows: list[dict[str, Any]], which: str) -> list[dict[str, Any]]:
    return [row for number, row in enumerate(rows) if str(number) != which] or [{}]


RESHAPINGS = {"preset": with_preset, "add": with_one_more, "remove": without}


def reshaped(data: QueryDict, names: list[str]) -> list[dict[str, Any]] | None:
    """The typed rows after the button that was pressed, or None if it was none of `RESHAPINGS`."""
    pressed = next((name for name in RESHAPINGS if name in data), None)
    if pressed is None or (pressed == "preset" and data[pressed] not in PRESETS):
        return None
    return RESHAPINGS[pressed](typed_rows(data, names), str(data[pressed]))[:MOST_ROWS]
