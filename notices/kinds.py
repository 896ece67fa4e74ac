"""Notice kinds as data: a new kind is one entry here."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base.words import Mode, PlaceStatus, Severity, Urgency


@dataclass(frozen=True)
class Kind:
    """What one kind asks for. `series` starts its references; `required` names version fields."""

    key: str
    name: str | Promise
    series: str
    hint: str | Promise
    modes: tuple[Mode, ...] = tuple(Mode)
    statuses: tuple[PlaceStatus, ...] = tuple(PlaceStatus)
    default_status: PlaceStatus = PlaceStatus.CLOSED
    severity: Severity = Severity.SEVERE
    urgency: Urgency = Urgency.IMMEDIATE
    cap_category: str = "Transport"
    needs_cargo_row: bool = True
    required: frozenset[str] = field(default_factory=lambda: frozenset({"starts_at"}))


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="port_downtime",
            name=_("Port downtime"),
            series="PD",
            hint=_("A port, airport or terminal does not work, or works less than usual."),
        ),
        Kind(
            key="border_closure",
            name=_("Border closure"),
            series="BC",
            hint=_("A border crossing is closed or limited, for everybody or for some."),
            modes=(Mode.ROAD, Mode.RAIL, Mode.INLAND_WATERWAY, Mode.MARITIME, Mode.AIR),
        ),
    )
}

KIND_CHOICES = [(kind.key, kind.name) for kind in KINDS.values()]
