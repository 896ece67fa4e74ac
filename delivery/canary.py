"""A mail to ourselves each quarter of an hour, by the ordinary way out and back: it is seen that mails arrive.

`FAIRWAY_CANARY` says that mail to `canary+…` at our own domain comes back through one of the doors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from . import outbox, seals
from .inbound import Kind
from .models import Address, Batch, Delivery, Inbound, Message, Publication
from .sealed import Sealed

EVERY = timedelta(minutes=15)
PATIENCE = timedelta(seconds=270)  # with the ring that sends it: missing is told within 20 minutes of the last one
STOPPED = EVERY + PATIENCE + timedelta(seconds=30)  # none posted for so long: nobody posts them
KEPT = timedelta(days=2)
CHANNELS = ("email",)


@dataclass(frozen=True)
class Standing:
    """`missing`: one is out for longer than `PATIENCE` and no later one is back, or none is posted any more.

    `returned_s`: since the last was back.
    """

    missing: bool
    returned_s: float | None
    sent: bool


def sweep(*, now: datetime) -> int:
    """Posts the canary of this quarter of an hour, once; returns how many."""
    if not settings.FAIRWAY_CANARY:
        return 0
    number = number_at(now)
    _forget(now)
    return sum(_post(channel, number, now) for channel in CHANNELS)


def number_at(now: datetime) -> int:
    return int(now.timestamp() // EVERY.total_seconds())


def _key(channel: str, number: int | str = "") -> str:
    return f"canary:{channel}:{number}"


def _post(channel: str, number: int, now: datetime) -> bool:
    key = _key(channel, number)
    if Publication.objects.filter(key=key).exists():
        return False
    to = f"canary+{seals.seal('canary', number)}@{settings.FAIRWAY_MAIL_DOMAIN}"
    message = Sealed("en", f"Canary {number}", "This mail tries the way out and back. No person reads it.\n")
    with transaction.atomic():
        publication = outbox.post(key=key, to=to, message=message, now=now)
        # A canary that waits for a relay says nothing an hour later.
        Publication.objects.filter(pk=publication.pk).update(give_up_at=now + EVERY)
    return True


def standing(channel: str, *, now: datetime) -> Standing:
    # A clock that was once ahead would else be believed until its hour comes; another machine's may be a little.
    back = Inbound.objects.filter(kind=Kind.CANARY, number__lte=number_at(now) + 1)
    last = back.order_by("-number").first()
    returned = last.number or 0 if last else 0
    posted = Publication.objects.filter(key__startswith=_key(channel), created_at__lte=now)
    sent = {_number(key): created for key, created in posted.values_list("key", "created_at")}
    lost = any(n > returned and now - KEPT < created < now - PATIENCE for n, created in sent.items())
    return Standing(
        missing=lost or (bool(sent) and max(sent.values()) < now - STOPPED),
        returned_s=max((now - last.received_at).total_seconds(), 0.0) if last else None,
        sent=bool(sent),
    )


def _number(key: str) -> int:
    return int(key.rpartition(":")[2])


def _forget(now: datetime) -> None:
    """Takes old canaries away, with the address that each had for itself."""
    old = Publication.objects.filter(key__startswith="canary:", created_at__lt=now - KEPT)[:50]
    ids = [one.pk for one in old]
    if not ids:
        return
    with transaction.atomic():
        deliveries = Delivery.objects.filter(publication_id__in=ids)
        addresses = list(deliveries.values_list("address_id", flat=True))
        Inbound.objects.filter(delivery__in=deliveries).update(delivery=None)
        deliveries.delete()
        for rows in (Batch, Message):
            rows.objects.filter(publication_id__in=ids).delete()
        Publication.objects.filter(pk__in=ids).delete()
        Address.objects.filter(pk__in=addresses, key__startswith="canary+").delete()
