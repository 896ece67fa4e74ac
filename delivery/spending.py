"""The cap on what a day may cost. The last of it is kept for what is severe, so that nothing else can use it up."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import connection

from base.words import Lane

# Up to which share of the cap a lane may go on spending.
SHARES: dict[str, float] = {Lane.CRITICAL: 1.0, Lane.ROUTINE: 0.8, Lane.DIGEST: 0.8, Lane.PERSONAL: 0.5}

_TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
_TAKE = f"""
INSERT INTO delivery_spending AS s (day, channel, parts, refused)
SELECT {_TODAY}, %(channel)s, %(parts)s, 0 WHERE %(parts)s <= %(most)s
ON CONFLICT (day, channel) DO UPDATE SET parts = s.parts + excluded.parts WHERE s.parts + excluded.parts <= %(most)s
RETURNING s.day
"""
_REFUSE = f"""
INSERT INTO delivery_spending AS s (day, channel, parts, refused) VALUES ({_TODAY}, %s, 0, 1)
ON CONFLICT (day, channel) DO UPDATE SET refused = s.refused + 1
"""  # noqa: S608 - made of constants
_GIVE_BACK = """
UPDATE delivery_spending SET parts = greatest(0, parts - %s) WHERE day = %s AND channel = %s
"""
_REFUSED = f"""
SELECT refused FROM delivery_spending WHERE day = {_TODAY} AND channel = %s
"""  # noqa: S608 - made of constants


def take(channel: str, *, parts: int, lane: str) -> date | None:
    """The day (UTC) whose parts these are from now on; None if this lane may not spend so many today."""
    most = int(settings.FAIRWAY_SMS_DAILY_PARTS * SHARES[lane])
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"channel": channel, "parts": parts, "most": most})
        row: tuple[date] | None = cursor.fetchone()
        if row:
            return row[0]
        cursor.execute(_REFUSE, [channel])
    return None


def give_back(channel: str, *, parts: int, day: date) -> None:
    """For what was taken and not spent after all."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [parts, day, channel])


def refused_today(channel: str) -> int:
    """How often the cap has held a message back today."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, [channel])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
