"""The one way in for mail that comes back, whatever door it takes: each once, and nothing for what is forged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, QuerySet

from base import mailbox, purge

from . import inbound, receipts, seals, standing
from .inbound import Kind, Reading
from .models import Delivery, Inbound, TurnedAway

MOST = 5 * 1024 * 1024  # octets of one mail
ANSWERS_UNTIL = timedelta(days=30)  # a report on what left longer ago is no report; a complaint stays one
RAW_KEPT = timedelta(days=30)
KEPT = timedelta(days=90)
TALLY_KEPT = timedelta(days=730)
SIGNED = ("bounce", "canary")
INBOX = "inbox"
_ADDRESS = re.compile(r"<?[^\s<>:;,]+@[^\s<>:;,]+>?")


class Taken(models.TextChoices):
    """What became of a mail at the door."""

    KEPT = "kept"
    AGAIN = "again"
    UNKNOWN = "unknown"
    FORGED = "forged"
    STALE = "stale"
    TOO_BIG = "too_big"


@dataclass(frozen=True)
class Target:
    """Whom a mail is for: the delivery `number` that it answers, a canary, or people (`number` 0)."""

    purpose: str
    number: int = 0


def target_of(address: str) -> Target | Taken:
    """Read from the address alone, without the database; UNKNOWN or FORGED if it is not ours."""
    whole = address.strip().strip("<>").casefold()
    local, _at, domain = whole.rpartition("@")
    if whole in settings.FAIRWAY_INBOXES or whole.removesuffix("@") == "postmaster":  # RFC 5321, 4.5.1: alone too
        return Target(INBOX)
    purpose, _plus, token = local.partition("+")
    if mailbox.ascii_domain(domain) != settings.FAIRWAY_MAIL_DOMAIN.casefold() or purpose not in SIGNED:
        return Taken.UNKNOWN
    number = seals.unseal(purpose, token)
    return Taken.FORGED if number is None else Target(purpose, number)


def take(raw: bytes, *, to: str, sender: str, door: str, now: datetime) -> Taken:
    """Keeps a mail that came to `to`, and applies what it says; committed when it returns."""
    target = Taken.TOO_BIG if len(raw) > MOST else target_of(to)
    if isinstance(target, Taken):
        return turn_away(target, door=door, now=now)
    reading = inbound.read(raw, sender=sender, personal=target.purpose == INBOX)
    if target.purpose == "canary":
        reading = Reading(Kind.CANARY)
    return record(reading, target, digest=digest_of(raw, target), door=door, raw=raw, now=now)


def record(reading: Reading, target: Target, *, digest: str, door: str, now: datetime, raw: bytes = b"") -> Taken:
    """Writes the row of what was read, once for each digest, and applies it in the same commit."""
    number = target.number if target.purpose == "bounce" else _complained(reading)
    with transaction.atomic():
        delivery = _delivery(number, reading.kind, now)
        if number and delivery is None:
            return turn_away(Taken.STALE, door=door, now=now)
        kind = Kind.AUTOMATIC if reading.kind == Kind.BOUNCE and delivery is None else reading.kind
        row, made = Inbound.objects.get_or_create(
            digest=digest,
            defaults={
                "door": door,
                "kind": kind,
                "delivery": delivery,
                "number": target.number if target.purpose == "canary" else None,
                "action": "partly" if _is_partly(reading, delivery) else reading.action,
                "status": reading.status,
                "diagnostic": without_addresses(reading.diagnostic),
                "received_at": now,
                "applied_at": None if delivery and receipts.has_effect(kind, reading.action) else now,
                "raw": raw if kind == Kind.HUMAN else None,
            },
        )
        if made and row.applied_at is None:
            receipts.apply(row, now=now)
    return Taken.KEPT if made else Taken.AGAIN


def people_wrote(*, limit: int = 500) -> list[int]:
    """Ids of people's mails that nobody has fetched, the oldest first."""
    waiting = Inbound.objects.filter(kind=Kind.HUMAN, fetched_at=None).order_by("pk")
    return list(waiting.values_list("pk", flat=True)[:limit])


def handed_over(row: Inbound, *, keep: bool, now: datetime) -> None:
    """Somebody has the mail; its text is dropped here, unless they could not read it and `keep` it for a while."""
    changes: dict[str, Any] = {"fetched_at": now} if keep else {"fetched_at": now, "raw": None}
    Inbound.objects.filter(pk=row.pk).update(**changes)


def turn_away(reason: Taken, *, door: str, now: datetime) -> Taken:
    """Counts what gets nothing."""
    row, made = TurnedAway.objects.get_or_create(day=now.date(), door=door, reason=reason, defaults={"count": 1})
    if not made:
        TurnedAway.objects.filter(pk=row.pk).update(count=F("count") + 1)
    return reason


def forget(*, now: datetime) -> int:
    """Drops texts after 30 days, rows after 90, counts after two years; returns how many rows it touched."""
    mails = Inbound.objects.filter(received_at__lt=now - KEPT)
    tallies = TurnedAway.objects.filter(day__lt=(now - TALLY_KEPT).date())
    texts = Inbound.objects.filter(received_at__lt=now - RAW_KEPT).exclude(raw=None)
    old = sum(purge.in_steps(gone, QuerySet.delete, busy=standing.urgent) for gone in (mails, tallies))
    return old + purge.in_steps(texts, lambda some: some.update(raw=None), busy=standing.urgent)


# --- Details ------------------------------------------------------------------------------------------------------


def without_addresses(text: str) -> str:
    """What a server said may name whom a mailbox forwards to; nobody here needs to know."""
    return " ".join(_ADDRESS.sub("(…)", text).split())[: inbound.DIAGNOSTIC]


def _delivery(number: int | None, kind: str, now: datetime) -> Delivery | None:
    if number is None:
        return None
    found = Delivery.objects.select_related("address").filter(pk=number)
    if kind != Kind.COMPLAINT:
        found = found.filter(publication__created_at__gt=now - ANSWERS_UNTIL)
    return found.first()


def _complained(reading: Reading) -> int | None:
    """The delivery that a complaint quotes by a signed id; what nobody signed is nobody's complaint."""
    if reading.kind != Kind.COMPLAINT:
        return None
    found = (seals.unseal(purpose, seal) for seal in reading.seals for purpose in ("bounce", "message"))
    return next((number for number in found if number), None)


def _is_partly(reading: Reading, delivery: Delivery | None) -> bool:
    """The report speaks of another mailbox: one of several behind the address, where the others had the mail."""
    if reading.kind != Kind.BOUNCE or delivery is None or "@" not in reading.recipient:
        return False
    named = reading.recipient.casefold().rpartition("@")[0].strip('"')
    return named != delivery.address.key.rpartition("@")[0].strip('"')


_KEPT_HEADERS = ("From", "To", "Subject", "Date", "Message-ID")


def digest_of(raw: bytes, target: Target) -> str:
    """SHA-256 over what no server on the way changes: some headers, the body with plain line ends, and for whom."""
    text = raw.replace(b"\r\n", b"\n")
    mail: Message = BytesHeaderParser(policy=compat32).parsebytes(text[: inbound.READ])
    _head, _blank, body = text.partition(b"\n\n")
    told: Iterable[str] = (" ".join(str(mail[name] or "").split()) for name in _KEPT_HEADERS)
    whole = "\n".join((*told, target.purpose, str(target.number))).encode("utf-8", "surrogateescape")
    return hashlib.sha256(whole + b"\n" + body.strip()).hexdigest()
