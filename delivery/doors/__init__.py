"""Ways into the house for mail that comes back: one file a door; all of them end at `intake.take`."""

from __future__ import annotations

from django.db import close_old_connections, connection
from django.utils import timezone

from delivery import intake
from delivery.intake import Taken


def hand_in(raw: bytes, *, to: str, sender: str, door: str) -> Taken:
    """`intake.take` for a process that lives long; committed when it returns, raises `DatabaseError` if it cannot."""
    close_old_connections()
    try:
        return intake.take(raw, to=to, sender=sender, door=door, now=timezone.now())
    except Exception:
        connection.close()  # whatever it was, the next mail gets a fresh connection
        raise
