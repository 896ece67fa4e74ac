"""How the post office stands: what waits in each lane and for how long; counts, never an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from base.words import Lane

from . import guard, relays
from .claim import LEASE_S
from .models import Batch
from .outbox import AT_ONCE

# What was never tried is due since `AT_ONCE` before it was made, so that a whole such span says nothing of waiting.
_LANES = """
SELECT b.lane, b.channel,
       count(*) FILTER (WHERE NOT leased), count(*) FILTER (WHERE leased),
       coalesce(max(CASE WHEN overdue >= %(at_once)s THEN overdue - %(at_once)s ELSE overdue END)
                FILTER (WHERE NOT leased), 0)::float8
FROM (SELECT c.lane, c.channel, extract(epoch FROM clock_timestamp() - c.due_at) AS overdue,
             coalesce(c.lease_until BETWEEN clock_timestamp()
                      AND clock_timestamp() + make_interval(secs => %(lease)s), false) AS leased
      FROM delivery_batch c JOIN delivery_publication p ON p.id = c.publication_id
      WHERE c.closed_at IS NULL AND c.due_at <= clock_timestamp() AND p.held_at IS NULL) b
GROUP BY b.lane, b.channel
"""


@dataclass(frozen=True)
class LaneStanding:
    """Batches that are due and wait, batches that a worker has, and how long the oldest has waited."""

    due: int = 0
    leased: int = 0
    oldest_s: float = 0.0


def ways() -> dict[tuple[str, str], LaneStanding]:
    """(lane, channel) → how it stands; one in which nothing is due is missing. What a person paused does not wait."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES, {"at_once": AT_ONCE.total_seconds(), "lease": LEASE_S})
        return {(lane, channel): LaneStanding(*counts) for lane, channel, *counts in cursor.fetchall()}


def lanes() -> dict[str, LaneStanding]:
    """The same by lane, all channels together."""
    found: dict[str, LaneStanding] = {}
    for (lane, _channel), one in ways().items():
        so_far = found.get(lane, LaneStanding())
        found[lane] = LaneStanding(
            so_far.due + one.due, so_far.leased + one.leased, max(so_far.oldest_s, one.oldest_s)
        )
    return found


def urgent() -> bool:
    """Whether the critical lane has work: what can wait leaves the database to it."""
    return Lane.CRITICAL in lanes()


def is_shut() -> bool:
    """Whether no mail can leave now: somebody must release the house first, or every mail server rests.

    A server that rests is tried by what waits; where nothing waits, the next mail has to be the one.
    """
    if guard.held():
        return True
    waiting = Batch.objects.filter(closed_at=None, channel="email")
    return len(relays.resting_s()) == len(relays.relays()) and waiting.exists()


# A batch that was closed holds only rows with a last word: what is tried again has moved to a batch of its own.
_LAST_DAY = """
SELECT b.lane, d.state, count(*), count(*) FILTER (WHERE d.twice)
FROM delivery_batch b
JOIN delivery_delivery d ON d.publication_id = b.publication_id AND d.batch_number = b.number
WHERE b.closed_at > clock_timestamp() - interval '24 hours'
GROUP BY b.lane, d.state
"""
_PUBLICATIONS = """
SELECT lane, count(*), count(*) FILTER (WHERE enlisted_at IS NULL AND stopped_at IS NULL),
       count(*) FILTER (WHERE held_at IS NOT NULL)
FROM delivery_publication GROUP BY lane
"""


@dataclass(frozen=True)
class Outcomes:
    """Deliveries of one lane that came into one state; `twice`: after a doubt, so that there may be two copies."""

    lane: str
    state: str
    count: int
    twice: int


def last_day() -> list[Outcomes]:
    """What came of the batches that were closed within 24 hours; reads each of their rows."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_DAY)
        return [Outcomes(*row) for row in cursor.fetchall()]


def publications() -> dict[str, tuple[int, int, int]]:
    """Lane → how many there are, how many are still being expanded, how many a person paused."""
    with connection.cursor() as cursor:
        cursor.execute(_PUBLICATIONS)
        return {lane: (every, open_ones, held) for lane, every, open_ones, held in cursor.fetchall()}


# What is to be tried again has a time of its own in the future; what a person paused is known.
_STUCK = """
SELECT count(*) FROM delivery_publication p
WHERE p.held_at IS NULL AND p.created_at < clock_timestamp() - make_interval(secs => %(after)s) AND (
    (p.enlisted_at IS NULL AND p.stopped_at IS NULL)
    OR EXISTS (SELECT 1 FROM (SELECT extract(epoch FROM clock_timestamp() - b.due_at) AS overdue
                              FROM delivery_batch b WHERE b.publication_id = p.id AND b.closed_at IS NULL) open
               WHERE overdue - CASE WHEN overdue >= %(at_once)s THEN %(at_once)s ELSE 0 END > %(after)s))
"""


def stuck(after: timedelta) -> int:
    """Publications that have had work for longer than `after` and do not move."""
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, {"after": after.total_seconds(), "at_once": AT_ONCE.total_seconds()})
        (count,) = cursor.fetchone()
    return int(count)
