"""What people settle about a place; what the code list says of it comes by `codelist`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.errors import Refused

from .models import Organisation, Place
from .zones import zones_of

UNSURE = (Place.ZoneState.ASSUMED, Place.ZoneState.MISSING)


class NotItsZone(Refused):
    message = _("This is no time zone of the place’s country.")
    field = "zone"


def confirm_zone(place: Place, *, zone: str, by: Any, now: datetime) -> bool:
    """Somebody who knows the place says its IANA time zone; False if it was sure before, then it stays as it is."""
    if zone not in zones_of(place.country):
        raise NotItsZone()
    with transaction.atomic():
        unsure = Place.objects.filter(pk=place.pk, zone_state__in=UNSURE)
        assumed = unsure.select_for_update().values_list("time_zone", flat=True).first()
        if assumed is None:
            return False
        unsure.update(time_zone=zone, zone_state=Place.ZoneState.CONFIRMED)
        facts = {"zone": zone, "assumed": assumed}
        audit.record(actor=by, action="place.zone.confirm", target=f"place:{place.locode}", facts=facts, now=now)
    return True


def home_zone(office: Organisation) -> str:
    """The zone of the office's first place, for what is about places that have no code."""
    home = Place.objects.filter(office=office).exclude(time_zone="").first()
    return home.time_zone if home else "UTC"
