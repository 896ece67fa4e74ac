"""How a publication fares: counts, never an address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .models import Publication
from .states import LEFT_OUT, WAITING, State

# The five words of the report, with what is uncertain beside them.
GROUPS: dict[str, tuple[State, ...]] = {
    "sending": (State.PENDING, State.WIRE),
    "delivered": (State.ACCEPTED, State.DELIVERED),
    "temporary": (State.DEFERRED,),
    "permanent": (State.FAILED, State.BOUNCED),
    "technical": (State.PARKED,),
    "uncertain": (State.UNCERTAIN,),
}


@dataclass(frozen=True)
class Report:
    """`counts` by word of `GROUPS`, `left_out` by reason; `rate` is deliveries a second so far.

    `on_wire` is a part of what is being sent. `twice`: delivered after a doubt, the reader may have two copies.
    `stopped`: the state of those who were left out when it ended early; empty while nobody ended it.
    """

    total: int
    counts: dict[str, int]
    left_out: dict[str, int]
    twice: int
    on_wire: int
    waiting: int
    enlisted: bool
    held: bool
    stopped: str
    started_at: datetime
    last_at: datetime | None
    rate: float

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    @property
    def finished(self) -> bool:
        return (self.enlisted or bool(self.stopped)) and self.waiting == 0


# While a batch is open its cursors tell what becomes of its rows; a row of a closed one says it itself (ADR 9).
_COUNT = """
SELECT CASE WHEN d.state <> 'pending' OR b.closed_at IS NOT NULL THEN d.state
            WHEN d.position <= b.done_to THEN 'accepted'
            WHEN d.position <= b.wire_to THEN 'wire'
            WHEN d.attempts > 0 THEN 'deferred' ELSE 'pending' END,
       b.closed_at IS NULL, d.twice, count(*), max(coalesce(d.changed_at, b.closed_at))
FROM delivery_delivery d
JOIN delivery_batch b ON b.publication_id = d.publication_id AND b.number = d.batch_number
WHERE d.publication_id = %s GROUP BY 1, 2, 3
"""


def states(publication: Publication) -> Counter[str]:
    """How many deliveries are in which state at this moment."""
    by_state: Counter[str] = Counter()
    for state, _open, _twice, number, _last in _counts(publication):
        by_state[state] += number
    return by_state


def _counts(publication: Publication) -> list[tuple[str, bool, bool, int, datetime | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [publication.pk])
        return list(cursor.fetchall())


def report(publication: Publication) -> Report:
    by_state: Counter[str] = Counter()
    twice = waiting = 0
    moments: list[datetime] = []
    for state, is_open, is_twice, number, last in _counts(publication):
        by_state[state] += number
        waiting += number if state in (*WAITING, State.WIRE) and (is_open or state != State.UNCERTAIN) else 0
        twice += number if is_twice and state in GROUPS["delivered"] else 0
        moments += [last] if last else []
    last_at = max(moments, default=None)
    delivered = sum(by_state[state] for state in GROUPS["delivered"])
    seconds = (last_at - publication.created_at).total_seconds() if last_at else 0.0
    return Report(
        total=sum(by_state.values()),
        counts={word: sum(by_state[state] for state in states) for word, states in GROUPS.items()},
        left_out={str(state): by_state[state] for state in LEFT_OUT if by_state[state] and state != State.PARKED},
        twice=twice,
        on_wire=by_state[State.WIRE],
        waiting=waiting,
        enlisted=publication.enlisted_at is not None,
        held=publication.held_at is not None,
        stopped=publication.stop_state,
        started_at=publication.created_at,
        last_at=last_at,
        rate=delivered / seconds if seconds > 0 else 0.0,
    )
