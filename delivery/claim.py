"""Leases, windows and marks: all hot SQL of the post office.

A *batch* is one lease; a *window* is what is on the wire between two commits. Every write carries the lease's
token: no row changed means that the lease was lost, and the worker stops. Times are PostgreSQL's own clock.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from .outcomes import Outcome
from .states import State

LEASE_S = 120  # longer than a whole task may take (`postman.LIMIT_S`)
BACKOFF_S = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
OUT_OF_REACH_S = (15, 30, 60, 120)  # no server spoke: nobody's mail was refused, so that it goes soon after
JITTER = 0.2


class LeaseLost(Exception):
    """Another worker has the batch by now."""


@dataclass(frozen=True)
class Lease:
    """`careful`: rows in it were on the wire when a worker died, one of them perhaps the reason: one at a time."""

    batch_id: int
    publication_id: int
    number: int
    lane: str
    token: uuid.UUID
    careful: bool


@dataclass(frozen=True)
class Item:
    """One delivery that may go on the wire now."""

    id: int
    position: int
    address_id: int
    to: str
    message_id: int
    greeting: str


# No lease lasts longer than LEASE_S: one that seems to was given before the clock was set back, and is over.
_TAKE = """
UPDATE delivery_batch b SET token = %(token)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE b.id = (
    SELECT c.id FROM delivery_batch c JOIN delivery_publication p ON p.id = c.publication_id
    WHERE c.closed_at IS NULL AND c.lane = %(lane)s AND c.due_at <= clock_timestamp()
      AND p.held_at IS NULL AND (c.lease_until IS NULL OR c.lease_until NOT BETWEEN clock_timestamp()
                                 AND clock_timestamp() + make_interval(secs => %(lease)s))
    ORDER BY c.due_at, c.id FOR UPDATE OF c SKIP LOCKED LIMIT 1)
RETURNING b.id, b.publication_id, b.number, b.lane, b.wire_to, b.done_to
"""

# Rows that were on the wire when their worker died: both sides may own the mail.
_DOUBT = """
UPDATE delivery_delivery SET state = 'uncertain', changed_at = clock_timestamp(), code = 'lost'
WHERE publication_id = %s AND batch_number = %s AND state = 'wire'
"""
_CAREFUL = "SELECT EXISTS (SELECT 1 FROM delivery_delivery WHERE publication_id = %s AND batch_number = %s AND twice)"


def take(lane: str) -> Lease | None:
    """Leases the next due batch of `lane`; what a dead worker left on the wire becomes uncertain."""
    token = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"token": token, "lease": LEASE_S, "lane": lane})
        row = cursor.fetchone()
        if row is None:
            return None
        batch, publication, number, lane, wire_to, done_to = row
        if wire_to > done_to:
            cursor.execute(_DOUBT, [publication, number])
            cursor.execute("UPDATE delivery_batch SET done_to = wire_to WHERE id = %s", [batch])
        cursor.execute(_CAREFUL, [publication, number])
        (careful,) = cursor.fetchone()
    return Lease(batch, publication, number, lane, token, careful)


_OPEN = """
WITH lease AS (
    UPDATE delivery_batch SET wire_to = least(size, wire_to + %(window)s),
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    WHERE id = %(batch)s AND token = %(token)s AND closed_at IS NULL RETURNING done_to, wire_to),
flag AS (SELECT stop_state, stopped_at, give_up_at, lane FROM delivery_publication WHERE id = %(publication)s)
UPDATE delivery_delivery d SET
    state = CASE WHEN flag.stopped_at IS NOT NULL THEN flag.stop_state
                 WHEN flag.give_up_at <= clock_timestamp() THEN 'too_late'
                 WHEN a.suppressed_at IS NOT NULL AND flag.lane <> 'personal' THEN 'suppressed'
                 ELSE 'wire' END,
    attempts = d.attempts + 1, changed_at = clock_timestamp()
FROM lease, flag, delivery_address a
WHERE d.publication_id = %(publication)s AND d.batch_number = %(number)s AND a.id = d.address_id
  AND d.position > lease.done_to AND d.position <= lease.wire_to AND d.state IN ('pending', 'deferred')
RETURNING d.id, d.position, d.address_id, a.key, d.message_id, d.greeting, d.state
"""
_DONE = """
UPDATE delivery_batch SET done_to = wire_to WHERE id = %s AND token = %s AND closed_at IS NULL
RETURNING done_to, size,
    (SELECT held_at IS NOT NULL FROM delivery_publication p WHERE p.id = publication_id)
"""
_UNSEEN = """
SELECT d.id, d.position, d.address_id, a.key, d.message_id, d.greeting
FROM delivery_delivery d JOIN delivery_address a ON a.id = d.address_id
WHERE d.publication_id = %s AND d.batch_number = %s AND d.state = 'wire' ORDER BY d.position
"""
_MARK = """
UPDATE delivery_delivery d SET state = o.state, code = o.code, reply = o.reply, changed_at = clock_timestamp()
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS o(id, state, code, reply)
WHERE d.id = o.id AND d.state = 'wire'
"""


@dataclass(frozen=True)
class Window:
    """What may go on the wire now; `ended`: the batch is done, `held`: somebody paused the publication."""

    items: Sequence[Item] = ()
    ended: bool = False
    held: bool = False


def turn(lease: Lease, outcomes: Sequence[Outcome], window: int, *, again: bool = False) -> Window:
    """Writes the outcomes of the window that ends and opens the next one, in one commit; raises `LeaseLost`.

    `again`: the database went away during the same call, and nobody knows whether it had committed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if outcomes:
            _mark(cursor, outcomes)
        if again and (unseen := _unseen(cursor, lease)):
            return Window(unseen)
        cursor.execute(_DONE, [lease.batch_id, lease.token])
        row = cursor.fetchone()
        if row is None:
            raise LeaseLost
        done_to, size, held = row
        if held or done_to >= size:
            return Window(held=held, ended=done_to >= size)
        cursor.execute(
            _OPEN,
            {
                "window": window,
                "lease": LEASE_S,
                "batch": lease.batch_id,
                "token": lease.token,
                "publication": lease.publication_id,
                "number": lease.number,
            },
        )
        rows = [row for row in cursor.fetchall() if row[6] == State.WIRE]
    return Window(sorted((Item(*row[:6]) for row in rows), key=lambda item: item.position))


def _unseen(cursor: Any, lease: Lease) -> list[Item]:
    """The window that a lost commit had opened: its outcomes are written, so what is on the wire is all of it."""
    cursor.execute("SELECT 1 FROM delivery_batch WHERE id = %s AND token = %s", [lease.batch_id, lease.token])
    if cursor.fetchone() is None:
        raise LeaseLost
    cursor.execute(_UNSEEN, [lease.publication_id, lease.number])
    return [Item(*row) for row in cursor.fetchall()]


def _mark(cursor: Any, outcomes: Sequence[Outcome]) -> None:
    cursor.execute(
        _MARK,
        [
            [outcome.id for outcome in outcomes],
            [str(outcome.state) for outcome in outcomes],
            [outcome.code for outcome in outcomes],
            [outcome.reply[:300] for outcome in outcomes],
        ],
    )


_BACK = """
UPDATE delivery_batch SET wire_to = coalesce(%(to)s, wire_to), done_to = coalesce(%(to)s, wire_to),
       token = NULL, lease_until = NULL
WHERE id = %(batch)s AND token = %(token)s AND closed_at IS NULL RETURNING id
"""
_UNSENT = """
UPDATE delivery_delivery SET state = CASE WHEN attempts > 1 THEN 'deferred' ELSE 'pending' END,
       attempts = attempts - 1
WHERE id = ANY(%s) AND state = 'wire'
"""


def hand_back(lease: Lease, outcomes: Sequence[Outcome] = (), unsent: Sequence[Item] = ()) -> None:
    """Writes what is known and lets somebody else go on with the rest at once; raises `LeaseLost`.

    `unsent`: the end of the window, of which nothing was handed over; the cursors go back before it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        before = unsent[0].position - 1 if unsent else None
        cursor.execute(_BACK, {"to": before, "batch": lease.batch_id, "token": lease.token})
        if cursor.fetchone() is None:
            raise LeaseLost
        if outcomes:
            _mark(cursor, outcomes)
        if unsent:
            cursor.execute(_UNSENT, [[item.id for item in unsent]])


_CLOSE = """
UPDATE delivery_batch SET closed_at = clock_timestamp(), token = NULL, lease_until = NULL
WHERE id = %s AND token = %s AND closed_at IS NULL RETURNING id
"""
_ENOUGH = """
UPDATE delivery_delivery SET state = 'parked'
WHERE publication_id = %s AND batch_number = %s AND state = 'uncertain' AND twice
"""
_AGAIN = """
SELECT count(*), max(attempts), bool_or(state = 'deferred'), bool_or(state = 'deferred' AND code <> 'cut')
FROM delivery_delivery
WHERE publication_id = %s AND batch_number = %s AND state IN ('deferred', 'uncertain', 'pending')
"""
_NEXT_NUMBER = """
UPDATE delivery_publication SET batches_made = batches_made + 1 WHERE id = %s RETURNING batches_made
"""
_MOVE = """
UPDATE delivery_delivery d SET batch_number = %(new)s, position = o.n, twice = d.twice OR d.state = 'uncertain',
       state = CASE WHEN d.state = 'uncertain' THEN 'deferred' ELSE d.state END
FROM (SELECT id, row_number() OVER (ORDER BY position) AS n FROM delivery_delivery
      WHERE publication_id = %(publication)s AND batch_number = %(number)s
        AND state IN ('deferred', 'uncertain', 'pending')) o
WHERE d.id = o.id
"""
_RETRY = """
INSERT INTO delivery_batch (publication_id, number, lane, size, due_at, wire_to, done_to)
SELECT p.id, %s, p.lane, %s,
       least(clock_timestamp() + make_interval(secs => %s), greatest(clock_timestamp(), p.give_up_at)), 0, 0
FROM delivery_publication p WHERE p.id = %s
"""


def close(lease: Lease) -> None:
    """Ends the batch; rows to try again move to a retry batch with a due time of its own.

    Uncertain rows go again once, under the same Message-ID: the next hop may drop the copy, a closed port
    must not be missed. They are counted as perhaps twice; what is in doubt again is set aside.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLOSE, [lease.batch_id, lease.token])
        if cursor.fetchone() is None:
            raise LeaseLost
        cursor.execute(_ENOUGH, [lease.publication_id, lease.number])
        cursor.execute(_AGAIN, [lease.publication_id, lease.number])
        count, attempts, deferred, refused = cursor.fetchone()
        if not count:
            return
        cursor.execute(_NEXT_NUMBER, [lease.publication_id])
        (new,) = cursor.fetchone()
        cursor.execute(_MOVE, {"new": new, "publication": lease.publication_id, "number": lease.number})
        steps = BACKOFF_S if refused else OUT_OF_REACH_S
        wait = steps[min(attempts, len(steps)) - 1] if deferred and attempts else 0
        spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret, only spread
        cursor.execute(_RETRY, [new, count, wait * spread, lease.publication_id])


_DUE = """
SELECT b.lane, count(*) FROM delivery_batch b JOIN delivery_publication p ON p.id = b.publication_id
WHERE b.closed_at IS NULL AND b.due_at <= clock_timestamp()
  AND p.held_at IS NULL AND (b.lease_until IS NULL OR b.lease_until NOT BETWEEN clock_timestamp()
                             AND clock_timestamp() + make_interval(secs => %(lease)s))
GROUP BY b.lane
"""


def due() -> dict[str, int]:
    """Lane → how many batches wait for a worker now."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"lease": LEASE_S})
        return dict(cursor.fetchall())
