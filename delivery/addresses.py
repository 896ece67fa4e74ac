"""Mailboxes: cleaned, compared without letter case, domains in ASCII form (IDNA 2008, RFC 5891), shown as typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

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


def get_or_create_many(values: Iterable[str], *, channel: str = "email") -> dict[str, Address]:
    """key → row for many mailboxes in two queries; raises `BadAddress` at the first that is none."""
    shown: dict[str, str] = {}
    for value in values:
        shown.setdefault(key_of(value), clean(value))
    Address.objects.bulk_create(
        (Address(channel=channel, key=key, value=value) for key, value in shown.items()),
        ignore_conflicts=True,
        batch_size=2_000,
    )
    return {row.key: row for row in Address.objects.filter(channel=channel, key__in=list(shown))}


def suppress(address_id: int, *, reason: str, now: datetime) -> None:
    """Nothing but personal mail goes there from now on, also of what is being sent at this moment."""
    Address.objects.filter(pk=address_id, suppressed_at=None).update(suppressed_at=now, suppressed_reason=reason)


def release(address_id: int, *, reason: str) -> None:
    """Takes a suppression for `reason` back; one for another reason stays."""
    Address.objects.filter(pk=address_id, suppressed_reason=reason).update(suppressed_at=None, suppressed_reason="")
