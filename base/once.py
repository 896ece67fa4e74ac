"""What a program asks for twice is done once: the same key gets the first answer again, from the database alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from .errors import Conflict, Refused
from .models import IdempotencyKey

KEPT = timedelta(days=7)


class OtherRequest(Refused):
    message = _("This key stood on another request already. Give each new request a new one.")


class StillRunning(Conflict):
    message = _("The first request with this key is still being worked on. Ask again in a moment.")


def digest_of(request: Any) -> str:
    """SHA-256 of the JSON of `request`, however it was written."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def once(act: Callable[[], dict[str, Any]], *, scope: str, key: str, request: Any, now: datetime) -> dict[str, Any]:
    """What `act` answers, or answered the first time. Raises `OtherRequest`, `StillRunning`, and what `act` raises.

    Something that failed is remembered by nobody: it may be asked for again under its key.
    """
    key, asked = digest_of(key), digest_of(request)
    with transaction.atomic():
        # The lock ends with the transaction, also when the process dies: no request can stay in flight for ever.
        if not _alone(f"{scope}:{key}"):
            raise StillRunning()
        first = IdempotencyKey.objects.filter(scope=scope, key=key).first()
        if first is not None:
            if first.result != asked:
                raise OtherRequest()
            return dict(first.answer or {})
        answer = act()
        IdempotencyKey.objects.create(scope=scope, key=key, result=asked, answer=answer, at=now)
    return answer


def _alone(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
