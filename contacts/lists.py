"""A member list as its association keeps it: stored, and handed out as a table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from base import audit

from .models import MemberList, Place

HEADINGS = [
    "email", "company", "contact", "language", "ports", "modes", "phone", "aeo", "consent_basis", "consent_at",
    "state",
]  # fmt: skip


def keep(member_list: MemberList, *, by: Any, now: datetime) -> MemberList:
    """Stores a new or a changed list; its way and threshold decide who hears of what, so it is audited."""
    with transaction.atomic():
        action = "list.change" if member_list.pk else "list.add"
        member_list.save()
        facts = {"name": member_list.name, "way": member_list.way, "direct_from": member_list.direct_from}
        audit.record(actor=by, action=action, target=f"list:{member_list.uid}", facts=facts, now=now)
    return member_list


def table(member_list: MemberList) -> list[list[Any]]:
    """One row a member under `HEADINGS`, in a form that reads back as it is."""
    members = list(member_list.memberships.select_related("address").order_by("company_key", "address__key"))
    wanted = {pk for one in members for pk in one.places}
    codes = dict(Place.objects.filter(pk__in=wanted).values_list("pk", "locode"))
    return [
        [
            one.address.value, one.company, one.contact, one.language,
            ";".join(codes[pk] for pk in one.places if pk in codes), ";".join(one.modes), one.phone,
            {True: "yes", False: "no", None: ""}[one.is_aeo],
            one.consent_basis, one.consent_at.date() if one.consent_at else "", one.state,
        ]
        for one in members
    ]  # fmt: skip
