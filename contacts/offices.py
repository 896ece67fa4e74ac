"""Customs offices as their administration keeps them: names, duty mailbox, and the places they answer for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Refused

from .models import Organisation, Place, User


class CodeTaken(Refused):
    message = _("Another organisation has this code.")
    field = "code"


class TakenPlace(Refused):
    """`facts["place"]` and `facts["office"]` say which."""

    message = _("%(place)s belongs to %(office)s. Take it away there first.")
    field = "places"

    def __str__(self) -> str:
        return str(self.message) % self.facts


def keep(office: Organisation, *, places: Iterable[Place], by: User, now: datetime) -> Organisation:
    """Stores a new or a changed office and makes exactly `places` its own; raises `CodeTaken` or `TakenPlace`."""
    demand(by, Can.KEEP_OFFICES)
    wanted = {place.pk for place in places}
    action = "office.change" if office.pk else "office.add"
    try:
        with transaction.atomic():
            office.kind = Organisation.Kind.OFFICE
            office.save()
            found = Place.objects.select_for_update().filter(pk__in=wanted)
            for place in found.exclude(office=None).exclude(office=office).select_related("office"):
                raise TakenPlace(place=place.name, office=str(place.office))
            Place.objects.filter(office=office).exclude(pk__in=wanted).update(office=None)
            found.update(office=office)
            codes = sorted(found.values_list("locode", flat=True))
            facts = {"code": office.code, "email": office.email, "places": codes}
            audit.record(actor=by, action=action, target=f"office:{office.code}", facts=facts, now=now)
    except IntegrityError:
        raise CodeTaken() from None
    return office
