"""What a mail provider posts about our mails. Who cannot sign gets the same answer, and nothing changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from . import intake, seals, signing, verdicts
from .inbound import Kind, Reading, one_line
from .intake import Taken, Target

MOST = 1024 * 1024  # octets of one post
EVENTS = 1_000
TYPES = {
    "bounce": (Kind.BOUNCE, "failed"),
    "delivered": (Kind.RECEIPT, "delivered"),
    "delayed": (Kind.RECEIPT, "delayed"),
    "complaint": (Kind.COMPLAINT, "abuse"),
}
_SEAL = re.compile(r"(?<![0-9a-f])[0-9a-f]{1,16}-[0-9a-f]{20}(?![0-9a-f])", re.I)


@never_cache
@csrf_exempt  # a server posts; the signature is the permission
@require_POST
def inbound(request: HttpRequest, provider: str) -> HttpResponse:
    """204 for whoever posts; 400 or 413 only to who has signed what cannot be read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST:
        return HttpResponse(status=413)
    now, headers = timezone.now(), request.headers
    uid = headers.get("webhook-id", "")[:200]
    signed = signing.is_signed(
        settings.FAIRWAY_INBOUND_HOOKS.get(provider, "").split(),
        uid=uid,
        at=headers.get("webhook-timestamp", ""),
        signatures=headers.get("webhook-signature", ""),
        body=request.body,
        now=now,
    )
    if not signed:
        intake.turn_away(Taken.FORGED, door="hook", now=now)
        return HttpResponse(status=204)
    try:
        events = list(_events(request.body))
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    if len(events) > EVENTS:
        return HttpResponse(status=413)
    door = f"hook:{provider}"[:30]
    for at, event in enumerate(events):
        target, reading = _read(event)
        if target is None or reading is None:
            intake.turn_away(Taken.UNKNOWN, door=door, now=now)
            continue
        digest = hashlib.sha256(f"{provider}\n{uid}\n{at}".encode()).hexdigest()
        intake.record(reading, target, digest=digest, door=door, now=now)
    return HttpResponse(status=204)


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    """The events of `{"events": […]}`; raises ValueError for anything else."""
    said = json.loads(body)
    events = said.get("events") if isinstance(said, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError("no list of events")
    yield from events


def _read(event: dict[str, Any]) -> tuple[Target | None, Reading | None]:
    """`id` holds our signed id: alone, as Message-ID, or as the address that bounces come back to."""
    found = _SEAL.search(str(event.get("id", ""))[:400])
    numbers = (seals.unseal(purpose, found[0]) for purpose in ("bounce", "message")) if found else ()
    number = next((number for number in numbers if number), None)
    meant = TYPES.get(str(event.get("type")))
    if number is None or meant is None:
        return None, None
    words = one_line(event.get("reason"))  # also half a letter, which no database takes
    status = verdicts.status_in(one_line(event.get("status"), 40), words)
    return Target("bounce", number), Reading(meant[0], action=meant[1], status=status, diagnostic=words)
