"""Machines that are called with each notice: made, signed for, rested, paused and heard of again."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from base import http
from base.words import Lane

from . import addresses, outbox, seals, signing
from .models import Address, Delivery, Endpoint, Publication
from .sealed import Sealed
from .states import State

CHANNEL = "webhook"
OVERLAP = timedelta(hours=24)
PATIENCE = timedelta(days=3)
OLD_ONES = 3  # secrets that sign beside the newest
REST = timedelta(minutes=1)
MARGIN = timedelta(minutes=1)
LOOK_BACK = timedelta(days=30)
MOST = 200  # messages that one press sends again
NEVER_MISSED = ("test:", "replay:")
ARRIVED = (State.ACCEPTED, State.DELIVERED)
UNDER_WAY = (State.PENDING, State.WIRE, State.DEFERRED)


def new_secret() -> str:
    return signing.PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def make(*, url: str, preset: str, now: datetime) -> Endpoint:
    """A new endpoint; raises `http.Forbidden` for an address that we do not call."""
    http.check(url)
    uid = uuid.uuid4()
    with transaction.atomic():
        address = Address.objects.create(channel=CHANNEL, key=uid.hex, value=urlsplit(url).hostname or "")
        return Endpoint.objects.create(
            uid=uid, address=address, url=url, preset=preset, secret=new_secret(), created_at=now
        )


def rotate(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """A new secret; for a day the old one signs beside it, and so do those that a second press makes old."""
    endpoint.old_secret = " ".join(secrets_of(endpoint, now)[:OLD_ONES])
    endpoint.old_until, endpoint.secret = now + OVERLAP, new_secret()
    endpoint.save(update_fields=["old_secret", "old_until", "secret"])
    return endpoint


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """What signs now, the newest first."""
    if endpoint.old_until is not None and now < endpoint.old_until:
        return [endpoint.secret, *endpoint.old_secret.split()]
    return [endpoint.secret]


# --- How it fares -------------------------------------------------------------------------------------------------


def rests(endpoint: Endpoint, now: datetime) -> bool:
    return endpoint.rests_until is not None and now < endpoint.rests_until


def came_through(endpoint: Endpoint) -> None:
    Endpoint.objects.filter(pk=endpoint.pk, failing_since__isnull=False).update(failing_since=None, rests_until=None)


def failed(endpoint: Endpoint, *, gone: bool, now: datetime) -> None:
    """Lets it rest; pauses it when it is gone for good, or has failed for `PATIENCE`."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failing_since=Coalesce("failing_since", Value(now)),
        missed_since=Coalesce("missed_since", Value(now)),
        rests_until=now + REST,
    )
    if gone:
        pause(endpoint, why=Endpoint.Why.GONE, now=now)
    elif endpoint.failing_since is not None and endpoint.failing_since <= now - PATIENCE and _of_late(endpoint, now):
        pause(endpoint, why=Endpoint.Why.FAILING, now=now)


def _of_late(endpoint: Endpoint, now: datetime) -> bool:
    """Whether it failed before within a day: two failures with quiet days between are none that lasted."""
    return endpoint.rests_until is not None and endpoint.rests_until > now - OVERLAP


def pause(endpoint: Endpoint, *, why: str, now: datetime) -> bool:
    """Nothing but a trial goes there until somebody resumes it; False if it was paused before."""
    with transaction.atomic():
        paused = Endpoint.objects.filter(pk=endpoint.pk, paused_at=None).update(
            paused_at=now, paused_why=why, missed_since=Coalesce("missed_since", Value(now))
        )
        addresses.suppress(endpoint.address_id, reason=addresses.Reason.PAUSED, now=now)
    return bool(paused)


def resume(endpoint: Endpoint, *, now: datetime) -> bool:
    """False if it was not paused, or was removed."""
    with transaction.atomic():
        resumed = (
            Endpoint.objects.filter(pk=endpoint.pk, paused_at__isnull=False)
            .exclude(paused_why=Endpoint.Why.REMOVED)
            .update(paused_at=None, paused_why="", failing_since=None, rests_until=None)
        )
        if resumed:
            addresses.release(endpoint.address_id, reasons=[addresses.Reason.PAUSED], now=now)
    return bool(resumed)


def remove(endpoint: Endpoint, *, now: datetime) -> None:
    """Ends it for good: address and secrets are forgotten, what came of its calls stays."""
    with transaction.atomic():
        Endpoint.objects.filter(pk=endpoint.pk).update(
            url="", secret="", old_secret="", paused_at=now, paused_why=Endpoint.Why.REMOVED
        )
        addresses.suppress(endpoint.address_id, reason=addresses.Reason.PAUSED, now=now)


# --- What is sent beside the notices ------------------------------------------------------------------------------


def send_trial(endpoint: Endpoint, *, message: Sealed, now: datetime) -> Publication:
    """A call by which the other side can try itself, also while it is paused."""
    key = f"test:{endpoint.uid.hex}:{now.isoformat()}"
    return outbox.post(key=key, to=endpoint.address, message=message, now=now)


def last_calls(endpoint: Endpoint, count: int = 10) -> QuerySet[Delivery]:
    return Delivery.objects.filter(address=endpoint.address).select_related("message", "publication").order_by("-pk")[
        :count
    ]


def missed(endpoint: Endpoint, *, now: datetime) -> list[Publication]:
    """What still holds of what was published since it began to fail, or was paused, and did not come through.

    In order. What was replaced or stopped meanwhile is left out: an old closure that comes after its end does harm.
    """
    if endpoint.missed_since is None:
        return []
    since = max(endpoint.missed_since - PATIENCE, now - LOOK_BACK)
    # What was issued a moment before may not have been addressed by then.
    unaddressed = endpoint.missed_since - MARGIN
    mine = Delivery.objects.filter(address=endpoint.address, publication__created_at__gte=since)
    arrived = set(mine.filter(state__in=(*ARRIVED, *UNDER_WAY)).values_list("publication_id", flat=True))
    again = {
        int(key.split(":")[1])
        for key in mine.filter(
            publication__key__startswith="replay:", state__in=(*ARRIVED, *UNDER_WAY)
        ).values_list("publication__key", flat=True)
    }
    tried = mine.values("publication_id")
    unheard = Q(created_at__gte=unaddressed, enlisted_at__isnull=False)
    for_it = Publication.objects.filter(Q(pk__in=tried) | unheard, stopped_at=None)
    for_it = for_it.filter(created_at__gte=since, messages__bodies__has_key=CHANNEL)
    for prefix in NEVER_MISSED:
        for_it = for_it.exclude(key__startswith=prefix)
    return list(for_it.exclude(pk__in=arrived | again).distinct().order_by("pk")[:MOST])


def replay(endpoint: Endpoint, publications: Iterable[Publication], *, language: str, now: datetime) -> int:
    """Sends again, each under the id that it had; returns how many.

    Since when it misses stays known: a replay that fails too is offered once more, and so is what one press left.
    """
    count = 0
    with transaction.atomic():
        for publication in publications:
            texts = {message.language: message for message in publication.messages.filter(variant="")}
            said = texts.get(language) or next(iter(texts.values()))
            again = Sealed(said.language, said.subject, "", headers=_id_of(endpoint, publication), bodies=said.bodies)
            key = f"replay:{publication.pk}:{endpoint.uid.hex}:{now:%Y%m%d%H%M}"
            outbox.post(key=key, to=endpoint.address, message=again, lane=Lane.ROUTINE, now=now)
            count += 1
    return count


def call_id(delivery_id: int) -> str:
    """The same over all tries, so that the other side can take each once."""
    return "msg_" + seals.seal(CHANNEL, delivery_id)


def _id_of(endpoint: Endpoint, publication: Publication) -> dict[str, str]:
    before = Delivery.objects.filter(publication=publication, address=endpoint.address).first()
    return {"webhook-id": call_id(before.pk)} if before else {}
