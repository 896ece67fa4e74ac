"""What a crowd reads: two hundred places, sixty of them in notices that say something of each traffic."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from base.words import CapStatus, Direction, Traffic
from contacts.models import Membership, Place
from notices import lifecycle
from notices.drafting import Draft
from notices.models import Version
from portal.drill import cast
from portal.drill.cast import Cast

PLACES, NOTICES, A_NOTICE = 200, 40, 3
ZONES = ("Europe/Madrid", "Europe/Athens", "Africa/Casablanca", "America/Santiago", "Asia/Manila")
MODES = (["maritime"], ["road"], ["maritime", "rail"], ["air"])
SAID = ("closed", "partly_closed", "restricted", "congested", "closed")
CARGO = [Traffic.CARGO, Traffic.EMPTIES, Traffic.RELIEF, Traffic.LIVE_PERISHABLE]
PEOPLE = [Traffic.CREW, Traffic.ESSENTIAL_TRAVELLERS, Traffic.OTHER_TRAVELLERS]


def lay(*, now: datetime) -> tuple[Cast, list[Place]]:
    """Those who write and approve, and the places; some stand in two notices, most in none."""
    played = cast.gather(1, now=now, code="crowd")
    Membership.objects.update(places=[])  # the one member hears of every place
    places = [_place(number, played) for number in range(PLACES - 1)]
    for number in range(NOTICES):
        about = [places[(number * 2 + step) % 60] for step in range(A_NOTICE)]
        publish(played, about, title=f"Gale warning {number + 1}", now=now, status=SAID[number % len(SAID)])
    return played, [played.place, *places]


def _place(number: int, played: Cast) -> Place:
    place = Place(
        locode=f"XXP{number:02}" if number < 100 else f"XXQ{number - 100:02}",
        country="XX", time_zone=ZONES[number % len(ZONES)], zone_state="confirmed",
        modes=MODES[number % len(MODES)], office=played.place.office,
    )  # fmt: skip
    name = f"Port of {chr(65 + number % 26)}{'aeiou'[number % 5]}rbour {number}"
    place.set_names({"en": name, "fr": name, "es": name})
    place.save()
    return place


def publish(played: Cast, about: list[Place], *, title: str, now: datetime, status: str = "closed") -> Version:
    """A notice about these places: cargo is `status`, travellers pass in some and not in others."""
    version = lifecycle.start(
        kind="port_downtime", office=played.officer.seats()[0].organisation, by=played.officer, now=now,
        status=CapStatus.ACTUAL,
    )  # fmt: skip
    rows = []
    for number, place in enumerate(about):
        rows += [
            _row(place, now, status=status, traffic=CARGO),
            _row(place, now, status="open" if number % 2 else status, traffic=PEOPLE),
        ]
    texts = {
        "title": title,
        "body": "Winds above 60 knots are expected at the piers. Cranes stand still, and the gates take no lorries.",
        "instruction": "Do not send lorries. Keep perishables at the depot until the next update.",
    }
    fields = {
        "starts_at": now - timedelta(hours=1), "ends_at": None, "time_zone": "UTC", "severity": "Moderate",
        "next_update_at": now + timedelta(hours=6), "reopens_earliest": now + timedelta(hours=8),
        "reopens_latest": now + timedelta(hours=14),
    }  # fmt: skip
    draft = Draft(fields=fields, texts={"en": texts}, rows=rows)
    version = lifecycle.edit(version, by=played.officer, edit_number=1, draft=draft, now=now)
    version = lifecycle.submit(version, by=played.officer, now=now)
    return lifecycle.approve(version, by=played.approver, digest=version.digest, now=now)


def _row(place: Place, now: datetime, *, status: str, traffic: list[Traffic]) -> dict[str, Any]:
    begun = now - timedelta(hours=1)
    return {
        "place_id": place.pk, "modes": place.modes, "directions": list(Direction.values),
        "traffic": [str(one) for one in traffic], "status": status, "time_zone": place.time_zone,
        "starts_at": begun, "starts_local": begun.strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
