"""Leases, windows and marks: all hot SQL of the post office.

A *batch* is one lease; a *window* is what is on the wire between two commits. Opening a window moves the cursors of
the batch and writes no row; what was not accepted is written with the next commit, what was when the batch closes
(ADR 9). Every write carries the lease's token: no row changed means that the lease was lost, and the worker stops.
Times are PostgreSQL's own clock.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakSet

from django.conf import settings
from django.db import connection, transaction

from .outcomes import Outcome
from .states import State

LEASE_S = settings.FAIRWAY_LEASE_S  # longer than a whole task may take (`postman.LIMIT_S`)
BACKOFF_S = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
OUT_OF_REACH_S = (2, 5, 15, 30, 60, 120)  # no server spoke: nobody's mail was refused, so that it goes soon after
JITTER = 0.2
MOST_CRASHES = 3  # a row that was on the wire of so many dying workers is the likely reason
# Seconds until each further copy of what is in doubt, by channel. A mail goes once more, at once: by its Message-ID
# the next hop may drop it. A text message waits until a gateway that hangs up has come back.
DOUBT_S = {"sms": (40, 120, 600, 1_800)}
ONCE_S = (0,)
UNSENT = "unsent"  # the round ended before its turn came; says nothing about the row
CAP = "cap"  # the money of the day is spent: says nothing about the row either
CAP_S = (900,)  # soon enough after midnight UTC, or after the cap was raised


class LeaseLost(Exception):
    """Another worker has the batch by now."""


class Item(NamedTuple):
    """One delivery that may go on the wire now."""

    id: int
    position: int
    address_id: int
    to: str
    message_id: int
    greeting: str
    why: str


@dataclass
class Lease:
    """A batch in work. `wire`: its cursor "on wire to", as this worker knows it.

    `careful`: rows in it were on the wire when a worker died, one of them perhaps the reason: one at a time.
    """

    batch_id: int
    publication_id: int
    number: int
    lane: str
    channel: str
    size: int
    wire: int
    token: uuid.UUID
    careful: bool = False
    open: Sequence[Item] = ()
    left_out: Sequence[Outcome] = ()
    accepted: dict[int, Outcome] = field(default_factory=dict)  # by position
    tried: int = 0
    refused: list[int] = field(default_factory=list)  # ids of those refused for what we are: whoever they were for


# No lease lasts longer than LEASE_S: one that seems to was given before the clock was set back, and is over.
_FREE = """c.closed_at IS NULL AND c.due_at <= clock_timestamp() AND p.held_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM delivery_house WHERE held_at IS NOT NULL)
      AND (c.lease_until IS NULL OR c.lease_until NOT BETWEEN clock_timestamp()
           AND clock_timestamp() + make_interval(secs => %(lease)s))"""
_TAKE = f"""
UPDATE delivery_batch b SET token = %(token)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE b.id = (
    SELECT c.id FROM delivery_batch c JOIN delivery_publication p ON p.id = c.publication_id
    WHERE c.channel = %(channel)s AND c.lane = %(lane)s AND {_FREE}
    ORDER BY c.due_at, c.id FOR UPDATE OF c SKIP LOCKED LIMIT 1)
RETURNING b.id, b.publication_id, b.number, b.size, b.wire_to, b.done_to
"""  # noqa: S608 - made of constants
# Rows that were on the wire when their worker died: both sides may own the mail.
_DOUBT = """
UPDATE delivery_delivery SET state = 'uncertain', changed_at = clock_timestamp(), code = 'lost',
       attempts = attempts + 1, crashes = crashes + 1
WHERE publication_id = %s AND batch_number = %s AND position > %s AND position <= %s AND state = 'pending'
"""
_CAREFUL = """
SELECT EXISTS (SELECT 1 FROM delivery_delivery WHERE publication_id = %s AND batch_number = %s AND crashes > 0)
"""


def take(lane: str, channel: str = "email") -> Lease | None:
    """Leases the next due batch; what a dead worker left on the wire becomes uncertain."""
    token = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"token": token, "lease": LEASE_S, "lane": lane, "channel": channel})
        row = cursor.fetchone()
        if row is None:
            return None
        batch, publication, number, size, wire_to, done_to = row
        if wire_to > done_to:
            cursor.execute(_DOUBT, [publication, number, done_to, wire_to])
            cursor.execute("UPDATE delivery_batch SET done_to = wire_to WHERE id = %s", [batch])
        cursor.execute(_CAREFUL, [publication, number])
        (careful,) = cursor.fetchone()
    return Lease(batch, publication, number, lane, channel, size, wire_to, token, careful)


# Prepared once a connection: planning it each time takes longer than running it.
# Absolute cursors: run again after a commit whose answer was lost, it does and says the same.
_PREPARE_TURN = """
PREPARE delivery_turn (int, int, int, bigint, uuid) AS
WITH turned AS (
    UPDATE delivery_batch b SET done_to = $1,
        wire_to = CASE WHEN p.held_at IS NULL AND p.stopped_at IS NULL AND p.give_up_at > clock_timestamp()
                  THEN least(b.size, $1 + $2) ELSE $1 END,
        lease_until = clock_timestamp() + make_interval(secs => $3)
    FROM delivery_publication p
    WHERE b.id = $4 AND b.token = $5 AND b.closed_at IS NULL AND p.id = b.publication_id
      AND $1 IN (b.wire_to, b.done_to)
    RETURNING b.publication_id, b.number, b.wire_to, b.lane,
        CASE WHEN p.stopped_at IS NOT NULL THEN p.stop_state
             WHEN p.give_up_at <= clock_timestamp() THEN 'too_late'
             WHEN p.held_at IS NOT NULL THEN 'held' ELSE '' END AS verdict)
SELECT t.wire_to, t.verdict, a.suppressed_at IS NOT NULL AND t.lane <> 'personal',
       d.id, d.position, d.address_id, a.key, d.message_id, d.greeting, d.why
FROM turned t
LEFT JOIN delivery_delivery d ON d.publication_id = t.publication_id AND d.batch_number = t.number
     AND d.position > $1 AND d.position <= t.wire_to AND d.state = 'pending'
LEFT JOIN delivery_address a ON a.id = d.address_id
ORDER BY d.position
"""
_TURN = "EXECUTE delivery_turn (%s, %s, %s, %s, %s)"
_prepared: WeakSet[Any] = WeakSet()
_MARK = """
UPDATE delivery_delivery d SET state = o.state, code = o.code, reply = o.reply, changed_at = clock_timestamp(),
       attempts = d.attempts + o.tried, cuts = d.cuts + CASE WHEN o.state = 'uncertain' THEN 1 ELSE 0 END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[]) AS o(id, state, code, reply, tried)
WHERE d.id = o.id AND d.state = 'pending'
"""
_LEAVE_OUT = """
WITH ended AS (
    UPDATE delivery_batch SET wire_to = size, done_to = size
    WHERE id = %(batch)s AND token = %(token)s AND closed_at IS NULL RETURNING publication_id, number)
UPDATE delivery_delivery d SET state = %(state)s, changed_at = clock_timestamp() FROM ended e
WHERE d.publication_id = e.publication_id AND d.batch_number = e.number AND d.position > %(wire)s
  AND d.state = 'pending'
"""


@dataclass(frozen=True)
class Window:
    """What may go on the wire now; `ended`: the batch is done, `held`: somebody paused the publication."""

    items: Sequence[Item] = ()
    ended: bool = False
    held: bool = False


def turn(lease: Lease, outcomes: Sequence[Outcome], window: int) -> Window:
    """Writes the outcomes of the window that ends and opens the next one, in one commit; raises `LeaseLost`.

    Safe to call again with the same outcomes when the database went away during the call.
    """
    marks = [*lease.left_out, *(outcome for outcome in outcomes if outcome.state != State.ACCEPTED)]
    wire = lease.wire
    with transaction.atomic() if marks else nullcontext(), connection.cursor() as cursor:
        _mark(cursor, marks)
        if connection.connection not in _prepared:
            cursor.execute(_PREPARE_TURN)
            _prepared.add(connection.connection)
        cursor.execute(_TURN, [wire, window, LEASE_S, lease.batch_id, lease.token])
        rows = cursor.fetchall()
        if not rows:
            raise LeaseLost
    wire_to, verdict = rows[0][:2]
    held, ended = verdict == "held", verdict not in ("", "held")
    if ended:
        with connection.cursor() as cursor:
            rest = {"batch": lease.batch_id, "token": lease.token, "wire": wire, "state": verdict}
            cursor.execute(_LEAVE_OUT, rest)
    # Only now, when the database has no more to say, since all of it may be called again.
    _remember(lease, outcomes)
    rows = [row for row in rows if row[3] is not None]
    lease.wire = lease.size if ended else wire_to
    lease.open = [Item(*row[3:]) for row in rows if not row[2]]
    lease.left_out = [Outcome(row[3], State.SUPPRESSED) for row in rows if row[2]]
    if held or ended:
        return Window(held=held, ended=ended)
    return Window(lease.open, ended=wire >= lease.size)


def _remember(lease: Lease, outcomes: Sequence[Outcome]) -> None:
    """Keeps what was accepted until the batch closes; should this worker die, the cursors tell as much."""
    positions = {item.id: item.position for item in lease.open}
    for outcome in outcomes:
        if outcome.state == State.ACCEPTED:
            lease.accepted[positions[outcome.id]] = outcome


def _mark(cursor: Any, marks: Sequence[Outcome]) -> None:
    if not marks:
        return
    cursor.execute(
        _MARK,
        [
            [mark.id for mark in marks],
            [str(mark.state) for mark in marks],
            [mark.code for mark in marks],
            [mark.reply[:300] for mark in marks],
            [int(mark.state != State.SUPPRESSED and mark.code not in (UNSENT, CAP)) for mark in marks],
        ],
    )


_BACK = """
UPDATE delivery_batch SET wire_to = %(wire)s, done_to = %(wire)s, token = NULL, lease_until = NULL
WHERE id = %(batch)s AND token = %(token)s AND closed_at IS NULL RETURNING id
"""


def hand_back(lease: Lease, outcomes: Sequence[Outcome] = (), unsent: Sequence[Item] = ()) -> None:
    """Writes what is known and lets somebody else go on with the rest at once; raises `LeaseLost`.

    `unsent`: items of the window of which nothing was handed over. Before those at its end the cursors go back; one
    between others that were sent moves to a batch of its own when this one closes.
    """
    tail = _tail(lease.open, {item.id for item in unsent})
    again = [Outcome(item.id, State.DEFERRED, UNSENT) for item in unsent if item.position < tail]
    marks = [*lease.left_out, *(outcome for outcome in outcomes if outcome.state != State.ACCEPTED), *again]
    with transaction.atomic(), connection.cursor() as cursor:
        wire = min(lease.wire, tail - 1)
        cursor.execute(_BACK, {"wire": wire, "batch": lease.batch_id, "token": lease.token})
        if cursor.fetchone() is None:
            raise LeaseLost
        _mark(cursor, marks)
        _remember(lease, outcomes)
        _write_accepted(cursor, lease, wire)


_PUT_OFF = """
UPDATE delivery_delivery SET state = 'deferred', code = 'policy', changed_at = clock_timestamp()
WHERE publication_id = %s AND batch_number = %s AND id = ANY(%s) AND state = 'failed'
  AND EXISTS (SELECT 1 FROM delivery_batch b WHERE b.id = %s AND b.token = %s AND b.closed_at IS NULL)
"""


def put_off(lease: Lease) -> None:
    """What this lease wrote down as refused for what we are is tried again: no fault lies with those addresses."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, [lease.publication_id, lease.number, lease.refused, lease.batch_id, lease.token])


def _tail(window: Sequence[Item], unsent: set[int]) -> int:
    """The position from which on nothing of the window was sent; beyond it if its last item was."""
    start = window[-1].position + 1 if window else 2**31
    for item in reversed(window):
        if item.id not in unsent:
            break
        start = item.position
    return start


_CLOSE = """
UPDATE delivery_batch SET closed_at = clock_timestamp(), done_to = size, token = NULL, lease_until = NULL
WHERE id = %s AND token = %s AND closed_at IS NULL AND wire_to = size RETURNING id
"""
_ACCEPTED = """
UPDATE delivery_delivery d SET state = 'accepted', attempts = attempts + 1, changed_at = clock_timestamp(),
       code = coalesce((%(codes)s::text[])[d.position], ''), reply = coalesce((%(replies)s::text[])[d.position], '')
WHERE publication_id = %(publication)s AND batch_number = %(number)s AND position <= %(upto)s AND state = 'pending'
"""
_ENOUGH = """
UPDATE delivery_delivery SET state = 'parked'
WHERE publication_id = %s AND batch_number = %s AND state = 'uncertain' AND (crashes >= %s OR cuts >= %s)
"""
# What is in doubt and what had no turn goes at once unless the channel waits, the rest by how it failed.
_AGAIN = """
SELECT CASE WHEN state = 'uncertain' AND code = 'cut' AND %s THEN 'doubt'
       WHEN state = 'uncertain' OR code = 'unsent' THEN 'now' WHEN code = 'cut' THEN 'reach'
       WHEN code = 'cap' THEN 'cap' ELSE 'refused' END AS why,
       count(*), max(attempts), max(cuts), array_agg(id ORDER BY position)
FROM delivery_delivery
WHERE publication_id = %s AND batch_number = %s AND (state = 'deferred' OR state = 'uncertain' AND %s) GROUP BY 1
"""
_NEXT_NUMBER = """
UPDATE delivery_publication SET batches_made = batches_made + 1 WHERE id = %s RETURNING batches_made
"""
_MOVE = """
UPDATE delivery_delivery d SET batch_number = %s, position = o.n, twice = d.twice OR d.state = 'uncertain',
       state = 'pending'
FROM unnest(%s::bigint[]) WITH ORDINALITY AS o(id, n) WHERE d.id = o.id
"""
_RETRY = """
INSERT INTO delivery_batch (publication_id, number, lane, channel, size, due_at, wire_to, done_to)
SELECT p.id, %s, p.lane, %s, %s,
       least(clock_timestamp() + make_interval(secs => %s), greatest(clock_timestamp(), p.give_up_at)), 0, 0
FROM delivery_publication p WHERE p.id = %s
"""


def close(lease: Lease, *, resend: bool = True, steps: Sequence[int] = BACKOFF_S) -> None:
    """Ends the batch; rows to try again move to retry batches with due times of their own.

    With `resend`, uncertain rows go again as often as `DOUBT_S` says, a mail once: a closed port must not be missed.
    They are counted as perhaps twice; what is still in doubt is set aside. `steps`: seconds until the next try of
    what was refused, by how often it was tried.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLOSE, [lease.batch_id, lease.token])
        if cursor.fetchone() is None:
            raise LeaseLost
        _mark(cursor, lease.left_out)
        if _write_accepted(cursor, lease, lease.size) == lease.size:
            return
        doubt = DOUBT_S.get(lease.channel, ONCE_S)
        cursor.execute(_ENOUGH, [lease.publication_id, lease.number, MOST_CRASHES, len(doubt) + 1])
        cursor.execute(_AGAIN, [lease.channel in DOUBT_S, lease.publication_id, lease.number, resend])
        for why, count, attempts, cuts, ids in cursor.fetchall():
            cursor.execute(_NEXT_NUMBER, [lease.publication_id])
            (new,) = cursor.fetchone()
            cursor.execute(_MOVE, [new, ids])
            wait = _wait_s("refused", cuts, doubt) if why == "doubt" else _wait_s(why, attempts, steps)
            cursor.execute(_RETRY, [new, lease.channel, count, wait, lease.publication_id])


def _write_accepted(cursor: Any, lease: Lease, upto: int) -> int:
    """Writes the rows that the cursors alone told to be accepted; how many they were."""
    codes, replies = ([""] * upto for _list in range(2))
    for position, outcome in lease.accepted.items():
        codes[position - 1], replies[position - 1] = outcome.code, outcome.reply[:300]
    rows = {"publication": lease.publication_id, "number": lease.number, "upto": upto}
    cursor.execute(_ACCEPTED, {"codes": codes, "replies": replies, **rows})
    return int(cursor.rowcount)


def _wait_s(why: str, attempts: int, steps: Sequence[int]) -> float:
    waits = {"now": (0,), "reach": OUT_OF_REACH_S, "cap": CAP_S, "refused": steps}[why]
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret, only spread
    return waits[min(max(attempts, 1), len(waits)) - 1] * spread


_DUE = f"""
SELECT c.channel, c.lane, count(*) FROM delivery_batch c JOIN delivery_publication p ON p.id = c.publication_id
WHERE {_FREE} GROUP BY c.channel, c.lane
"""  # noqa: S608 - made of constants


def due() -> dict[tuple[str, str], int]:
    """(channel, lane) → how many batches wait for a worker now."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"lease": LEASE_S})
        return {(channel, lane): count for channel, lane, count in cursor.fetchall()}
