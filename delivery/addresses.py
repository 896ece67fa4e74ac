"""Mailboxes: cleaned, compared without letter case, domains in ASCII form (IDNA 2008, RFC 5891), shown as typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import TextChoices
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


class Reason(TextChoices):
    """Why nothing but personal mail goes to a mailbox."""

    LEFT = "left", _("Has left")
    BOUNCED = "bounced", _("Does not exist")
    FULL = "full", _("Has not taken mail for long")
    COMPLAINT = "complaint", _("Reported a notice as unwanted")
    PAUSED = "paused", _("Paused")


# What ends when somebody confirms by a mail of ours that they read there and want notices.
ENDS_BY_CONFIRMING = tuple(Reason)
# What may be a mistake of the other side, so that whoever keeps the address may have it tried again.
ENDS_BY_CHECKING = (Reason.BOUNCED, Reason.FULL)


def suppress(address_id: int, *, reason: str, now: datetime) -> bool:
    """Nothing but personal mail goes there from now on, also of what is being sent; False if that was so before."""
    fresh = Address.objects.filter(pk=address_id, suppressed_at=None)
    return bool(fresh.update(suppressed_at=now, suppressed_reason=reason))


def release(address_id: int, *, reasons: Iterable[str], now: datetime) -> bool:
    """Takes a suppression for one of `reasons` back, and what was refused before counts no more."""
    held = Address.objects.filter(pk=address_id, suppressed_reason__in=[str(one) for one in reasons])
    return bool(held.update(suppressed_at=None, suppressed_reason="", cleared_at=now))
