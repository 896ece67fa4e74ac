"""Mailboxes: cleaned, compared without letter case, domains in ASCII form (IDNA 2008, RFC 5891), shown as typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from base import mailbox
from base.errors import Refused

from .models import Address


class BadAddress(Refused):
    message = _("This is not an e-mail address. Write it like name@example.org.")
    field = "email"


def clean(value: str) -> str:
    """`value` without invisible characters and without blanks around it."""
    return mailbox.clean(value)


def key_of(value: str) -> str:
    """What an address is compared and sent by; raises `BadAddress`."""
    cleaned = mailbox.clean(value)
    if mailbox.problem(cleaned):
        raise BadAddress()
    return mailbox.key(cleaned)


def get_or_create(value: str, *, channel: str = "email") -> Address:
    """The one row of this mailbox; raises `BadAddress`."""
    address, _made = Address.objects.get_or_create(
        channel=channel, key=key_of(value), defaults={"value": clean(value)}
    )
    return address


def get_or_create_many(values: Iterable[str], *, channel: str = "email") -> dict[str, int]:
    """key → id for many mailboxes in two statements; raises `BadAddress` at the first that is none."""
    shown: dict[str, str] = {}
    for value in values:
        shown.setdefault(key_of(value), clean(value))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO delivery_address (channel, key, value, suppressed_reason, created_at)"
            " SELECT %s, key, value, '', now() FROM unnest(%s::text[], %s::text[]) AS new (key, value) ORDER BY key"
            " ON CONFLICT DO NOTHING",
            [channel, list(shown), list(shown.values())],
        )
        cursor.execute(
            "SELECT key, id FROM delivery_address WHERE channel = %s AND key = ANY(%s::text[])",
            [channel, list(shown)],
        )
        return dict(cursor.fetchall())


def suppress(address_id: int, *, reason: str, now: datetime) -> None:
    """Nothing but personal mail goes there from now on, also of what is being sent at this moment."""
    Address.objects.filter(pk=address_id, suppressed_at=None).update(suppressed_at=now, suppressed_reason=reason)


def release(address_id: int, *, reason: str) -> None:
    """Takes a suppression for `reason` back; one for another reason stays."""
    Address.objects.filter(pk=address_id, suppressed_reason=reason).update(suppressed_at=None, suppressed_reason="")
