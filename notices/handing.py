"""Drafts from programs: they come in under the name of whoever owns the key, and go no further by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can
from base.errors import Refused
from contacts import places
from contacts.models import ApiKey, Organisation

from . import lifecycle
from .drafting import Draft, impact
from .models import HandedIn

Kind = Organisation.Kind


class NoOffice(Refused):
    message = _("No office answers for the first place. Say which office shall read the draft.")
    field = "office"


class OtherOffice(Refused):
    message = _("This key does not write for that office.")
    field = "office"


@dataclass(frozen=True)
class Wish:
    """What a program says. `rows`: as `drafting.impact` takes them, with place, starts_at and ends_at beside."""

    kind: str
    office: str = ""  # its code; empty: the key's own, or the one that answers for the first place
    fields: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


def hand_in(wish: Wish, *, key: ApiKey, now: datetime) -> HandedIn:
    """A draft at the office; raises `NoOffice` or `OtherOffice`."""
    office = _office(wish, key)
    zones = [row["place"].time_zone for row in wish.rows if row["place"] and row["place"].time_zone]
    zone = zones[0] if zones else places.home_zone(office)
    # A partner agency speaks in its own name, as an officer would write down who said it.
    agency = key.organisation if key.organisation.kind == Kind.AGENCY else None
    rows = [
        impact(
            row | {"agency": agency}, place=row["place"], zone=zone,
            starts_at=row["starts_at"] or wish.fields.get("starts_at") or now, ends_at=row["ends_at"],
        )
        for row in wish.rows
    ]  # fmt: skip
    draft = Draft(fields=wish.fields | {"time_zone": zone}, texts=wish.texts, rows=rows)
    told: dict[str, Any] = {"by": key.owner, "now": now, "can": Can.HAND_IN}
    with transaction.atomic():
        version = lifecycle.start(kind=wish.kind, office=office, **told)
        version = lifecycle.edit(version, edit_number=version.edit_number, draft=draft, **told)
        handed: HandedIn = HandedIn.objects.create(version=version, key=key, at=now)
        facts = {"key": key.prefix, "organisation": key.organisation.code}
        audit.record(
            actor=key.owner, action="version.hand_in", target=f"version:{version.uid}", facts=facts, now=now
        )
    return handed


def _office(wish: Wish, key: ApiKey) -> Organisation:
    own = key.organisation
    if own.kind == Kind.OFFICE:
        allowed = Organisation.objects.filter(pk=own.pk) | own.publishes_for.offices()
        default: Organisation | None = own
    else:
        allowed = Organisation.objects.offices()
        first = wish.rows[0]["place"] if wish.rows else None
        default = first.office if first else None
    if wish.office:
        default = allowed.distinct().filter(code=wish.office).first()
        if default is None:
            raise OtherOffice()
    if default is None:
        raise NoOffice()
    return default
