"""How a publication fares: counts, never an address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from .models import Delivery, Publication
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

    `twice`: delivered after a doubt, so that the reader may have two copies. `stopped`: the state of those who were
    left out when it ended early, STOPPED or SUPERSEDED; empty while nobody ended it.
    """

    total: int
    counts: dict[str, int]
    left_out: dict[str, int]
    twice: int
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


def report(publication: Publication) -> Report:
    rows = Delivery.objects.filter(publication=publication)
    by_state = Counter({row["state"]: row["n"] for row in rows.values("state").annotate(n=Count("id"))})
    last_at = rows.aggregate(last=Max("changed_at"))["last"]
    delivered = sum(by_state[state] for state in GROUPS["delivered"])
    seconds = (last_at - publication.created_at).total_seconds() if last_at else 0.0
    return Report(
        total=sum(by_state.values()),
        counts={word: sum(by_state[state] for state in states) for word, states in GROUPS.items()},
        left_out={str(state): by_state[state] for state in LEFT_OUT if by_state[state] and state != State.PARKED},
        twice=rows.filter(twice=True, state__in=GROUPS["delivered"]).count(),
        waiting=sum(by_state[state] for state in (*WAITING, State.WIRE)),
        enlisted=publication.enlisted_at is not None,
        held=publication.held_at is not None,
        stopped=publication.stop_state,
        started_at=publication.created_at,
        last_at=last_at,
        rate=delivered / seconds if seconds > 0 else 0.0,
    )
