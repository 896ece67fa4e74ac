"""Endpoints on loopback and what they are called with, in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from base.words import Lane
from delivery import endpoints, outbox, postman
from delivery.models import Batch, Delivery, Endpoint, Publication
from delivery.sealed import Sealed
from tests.base import hostile

SAID = {"type": "notice.issued", "timestamp": "2027-02-13T09:00:00+00:00", "data": {"reference": "PD-2027-0001"}}
_keys = count(1)


def url(of: hostile.Server, path: str = "/customs") -> str:
    return f"http://127.0.0.1:{of.port}{path}"


def endpoint(of: hostile.Server, preset: str = "standard") -> Endpoint:
    return endpoints.make(url=url(of), preset=preset, now=timezone.now())


def publish(to: Iterable[Endpoint], *, lane: str = Lane.ROUTINE, **said: Any) -> Publication:
    """A publication to endpoints alone, in one batch."""
    now, ids = timezone.now(), [one.address_id for one in to]
    bodies = {"webhook": SAID | said, "chat": {"text": "Dover closed"}}
    message = Sealed("en", "Dover closed", "Closed", bodies=bodies)
    publication = outbox.open(
        key=f"call-{next(_keys)}", lane=lane, messages=[message], audience={},
        give_up_at=now + timedelta(hours=24), now=now,
    )  # fmt: skip

    def people(after: int, upto: int) -> tuple[str, list[Any]]:
        sql = "SELECT id AS address_id, 'en' AS language, '' AS greeting, '' AS variant, '' AS why"
        return f"{sql} FROM delivery_address WHERE id = ANY(%s) AND id > %s AND id <= %s", [ids, after, upto]

    while outbox.enlist(publication.pk, people=lambda _p: people, official_language="en", now=now) is not None:
        pass
    return publication


def work(lane: str = Lane.ROUTINE) -> None:
    postman.work(lane, endpoints.CHANNEL)


def make_due() -> None:
    """The time of every retry, and of every rest, has come."""
    Batch.objects.filter(closed_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
    Endpoint.objects.update(rests_until=timezone.now() - timedelta(seconds=1))


def of(one: Endpoint) -> list[Delivery]:
    return list(Delivery.objects.filter(address=one.address_id).order_by("pk"))


def parts(asked: bytes) -> tuple[dict[str, str], bytes]:
    head, _blank, body = asked.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, _colon, value in lines}, body


def verified(asked: bytes, secret: str) -> Any:
    """The payload, as the receiver's own package reads and checks it."""
    headers, body = parts(asked)
    Webhook(secret).verify(body, headers)
    return json.loads(body)
