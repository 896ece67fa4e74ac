"""Notice kinds as data: a new kind is one entry here."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base.words import PlaceStatus, Severity, Urgency


@dataclass(frozen=True)
class Kind:
    """What one kind asks for and starts with. `series` starts its references; `presets` are quick choices of rows.

    `needs_cargo_row`: cargo must be spoken of even if nothing closes.
    """

    key: str
    name: str | Promise
    series: str
    hint: str | Promise
    presets: tuple[str, ...] = ("closed-to-all", "closed-to-travellers", "closed-to-cargo")
    default_status: PlaceStatus = PlaceStatus.CLOSED
    severity: Severity = Severity.SEVERE
    urgency: Urgency = Urgency.IMMEDIATE
    needs_cargo_row: bool = True
    cap_category: str = "Transport"


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
        ),
        Kind(
            key="system_outage",
            name=_("System outage"),
            series="SO",
            hint=_("A declaration, transit or port system is down or will be worked on."),
            presets=("cargo-on-paper", "open-to-all"),
            default_status=PlaceStatus.RESTRICTED,
            severity=Severity.MODERATE,
            needs_cargo_row=False,
            cap_category="Infra",
        ),
        Kind(
            key="hours_change",
            name=_("Change of hours"),
            series="HC",
            hint=_("An office or crossing opens at other hours than before."),
            presets=("open-to-all",),
            default_status=PlaceStatus.OPEN,
            severity=Severity.MINOR,
            urgency=Urgency.FUTURE,
        ),
        Kind(
            key="congestion",
            name=_("Congestion"),
            series="CG",
            hint=_("Goods or people pass, but wait much longer than usual."),
            presets=("cargo-waits", "open-to-all"),
            default_status=PlaceStatus.CONGESTED,
            severity=Severity.MODERATE,
        ),
        Kind(
            key="procedure_invoked",
            name=_("Procedure invoked"),
            series="PI",
            hint=_("An agreed fallback is used from now on, such as release on paper."),
            presets=("cargo-on-paper", "open-to-all"),
            default_status=PlaceStatus.RESTRICTED,
            severity=Severity.MODERATE,
        ),
        Kind(
            key="advisory",
            name=_("Advice"),
            series="AD",
            hint=_("Something to know or to beware of; nothing is closed by it."),
            presets=("open-to-all",),
            default_status=PlaceStatus.OPEN,
            severity=Severity.MINOR,
            urgency=Urgency.EXPECTED,
            needs_cargo_row=False,
        ),
        Kind(
            key="all_clear",
            name=_("All-clear"),
            series="AC",
            hint=_("All is open again after something that no notice here announced."),
            presets=("open-to-all",),
            default_status=PlaceStatus.OPEN,
            severity=Severity.MINOR,
            urgency=Urgency.PAST,
        ),
    )
}

KIND_CHOICES = [(kind.key, kind.name) for kind in KINDS.values()]
