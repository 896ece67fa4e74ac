"""Nothing goes out of a restored, copied or long forgotten database until a person says so.

What left between backup and restore is unknown to what was restored; a copy would mail everybody once more.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.errors import Conflict, Refused
from base.words import Lane

from .models import House

SILENT_S = 15 * 60
INSTANCES_KEPT = 20

_IDENTITY = """
SELECT (SELECT system_identifier FROM pg_control_system()) || ':'
    || (SELECT oid FROM pg_database WHERE datname = current_database()) || ':' || 'delivery_house'::regclass::oid
"""
_ENTER = """
INSERT INTO delivery_house (id, identity, instances, looks, last_seen_at, held_why)
VALUES (1, %s, '[]', 0, clock_timestamp(), '') ON CONFLICT DO NOTHING RETURNING id
"""
# Personal mails alone keep no house closed: whoever waits for one asks again.
_READ = """
SELECT identity, instances, looks, clock_timestamp(), extract(epoch FROM clock_timestamp() - last_seen_at)::float8,
       held_at IS NOT NULL,
       EXISTS (SELECT 1 FROM delivery_batch b JOIN delivery_publication p ON p.id = b.publication_id
               WHERE b.closed_at IS NULL AND b.due_at <= clock_timestamp() AND b.lane <> %s AND p.held_at IS NULL)
       OR EXISTS (SELECT 1 FROM delivery_publication WHERE enlisted_at IS NULL AND stopped_at IS NULL)
FROM delivery_house WHERE id = 1 FOR UPDATE
"""
_SEEN = """
UPDATE delivery_house SET identity = %s, instances = %s, looks = looks + 1, last_seen_at = clock_timestamp()
WHERE id = 1 RETURNING looks
"""
_HOLD = "UPDATE delivery_house SET held_at = %s, held_why = %s WHERE id = 1"


class NoReason(Refused):
    message = _("Say why sending may go on: it is kept with your name.")
    field = "reason"


class NotHeld(Conflict):
    message = _("Nothing is held any more.")


class Watch:
    """The eyes of one process. What it saw before tells a database that was away from one that was set back."""

    def __init__(self, instance: str = "") -> None:
        self.instance = instance or settings.FAIRWAY_INSTANCE
        self.looks: int | None = None

    def look_once(self) -> None:
        """For the first deed of a process: before it sends, it knows whether it may."""
        if self.looks is None:
            self.look()

    def look(self) -> None:
        """Writes that the house is lived in; holds what goes out if it is not the house that it was."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_IDENTITY)
            (here,) = cursor.fetchone()
            cursor.execute(_ENTER, [here])
            if cursor.fetchone():
                self.looks = None  # a database without a past
            cursor.execute(_READ, [Lane.PERSONAL])
            identity, instances, looks, now, gap_s, held, due = cursor.fetchone()
            instances = json.loads(instances)
            why = "" if held else self._why(identity == here, instances, looks, gap_s, due)
            if why:
                cursor.execute(_HOLD, [now, why])
                facts = {"why": why, "silent_s": int(gap_s), "instance": self.instance}
                audit.record(actor="guard", action="outbound.hold", target="house", facts=facts, now=now)
            known = [self.instance, *(name for name in instances if name != self.instance)][:INSTANCES_KEPT]
            cursor.execute(_SEEN, [here, json.dumps(known)])
            (self.looks,) = cursor.fetchone()

    def _why(self, same: bool, instances: list[str], looks: int, gap_s: float, due: bool) -> str:
        if not same or (self.looks is not None and looks < self.looks):
            return House.Why.RESTORED
        if self.looks is not None or gap_s <= SILENT_S:
            return ""  # a process that went on knows that the database was away, not set back
        if instances and self.instance not in instances:
            return House.Why.MOVED
        return House.Why.SILENT if due else ""


watch = Watch()


def held() -> bool:
    """Whether nothing may leave until a person releases it."""
    return House.objects.filter(held_at__isnull=False).exists()


def hold(*, now: datetime) -> None:
    """Holds what was restored before any worker looks."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENTER, ["restored"])
        cursor.execute(_HOLD, [now, House.Why.RESTORED])
        audit.record(actor="restore", action="outbound.hold", target="house", facts={"why": "restored"}, now=now)


def release(*, by: Any, reason: str, now: datetime) -> None:
    """Lets out what waits, and what comes; raises `NoReason` or `NotHeld`."""
    if not reason.strip():
        raise NoReason()
    with transaction.atomic():
        if not House.objects.filter(held_at__isnull=False).update(held_at=None, held_why=""):
            raise NotHeld()
        audit.record(actor=by, action="outbound.release", target="house", facts={"reason": reason.strip()}, now=now)
