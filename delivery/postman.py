"""One round of a worker: lease a batch, send it window by window, hand back what there is no time for."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Sequence
from functools import partial
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from base import failpoints
from base.words import Lane

from . import claim, outbox
from .channels import CHANNELS
from .channels.base import Channel
from .channels.email import FEWEST_REFUSED, REFUSED_SHARE
from .claim import Item
from .models import Publication
from .outcomes import Outcome
from .states import State

ROUND_S = 5  # short, so that a stopping worker drains in time and other errands of the lane get their turn
LAST_S = 60  # more for the mail that is on the wire when the round ends
INSIST_S = 30  # more for writing down what became of it, if the database is away
LIMIT_S = ROUND_S + LAST_S + INSIST_S  # below Celery's soft time limit and the lease
PAUSE_S = 0.5

_kept: dict[str, Channel] = {}
T = TypeVar("T")


def channel(name: str = "email") -> Channel:
    """The channel of this process, with its kept connection."""
    if name not in _kept:
        _kept[name] = CHANNELS[name]()
    return _kept[name]


def work(lane: str, by: str = "email", *, seconds: float = ROUND_S) -> int:
    """Sends due batches of `lane` by a channel for at most `seconds`; returns how many deliveries had an outcome."""
    end, total = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        lease = claim.take(lane, by)
        if lease is None:
            break
        failpoints.reached("after_claim")
        total += work_lease(lease, end)
    return total


def _send(lease: claim.Lease, items: Sequence[Item], end: float) -> list[Outcome]:
    """Outcomes of the window, or of a part of it: a server that answers slowly must not outlast the lease."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(channel(lease.channel).send(items, end=end, until=end + LAST_S))
    except (OperationalError, InterfaceError):
        connection.close()  # the text could not be read: nothing of the rest has left
    return outcomes


def _insist(write: Callable[[], T], until: float) -> T:
    """The result of `write`, called again while the database is away: what has left must not be forgotten."""
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() >= until:
                raise
            time.sleep(PAUSE_S)


def _heed_policy(lease: claim.Lease, used: Channel, outcomes: list[Outcome], until: float) -> list[Outcome]:
    """Outcomes, with refusals of us put off once they are many: then we are refused, not those addresses.

    The relay rests and the next takes over. Without another, what is not urgent is paused until a person has looked.
    A severe notice to a few is put off too as long as nobody took it, but lets no relay rest.
    """
    refused = {outcome.id: outcome for outcome in outcomes if used.refuses_us(outcome)}
    lease.tried += len(outcomes)
    lease.refused += refused
    if len(lease.refused) < FEWEST_REFUSED or len(lease.refused) <= REFUSED_SHARE * lease.tried:
        nobody = lease.lane == Lane.CRITICAL and len(lease.refused) == lease.tried
        return _put_off(outcomes, refused) if nobody else outcomes
    why = next((outcome.reply for outcome in refused.values()), "")
    _insist(partial(_rest, lease, used, why), until)
    lease.tried, lease.refused = 0, []
    return _put_off(outcomes, refused)


def _put_off(outcomes: list[Outcome], refused: Container[int]) -> list[Outcome]:
    return [
        outcome._replace(state=State.DEFERRED, code="policy") if outcome.id in refused else outcome
        for outcome in outcomes
    ]


def _rest(lease: claim.Lease, used: Channel, why: str) -> None:
    """Safe to call again when the database went away during the call."""
    another = used.blocked(why)
    claim.put_off(lease)
    if not another and lease.lane in (Lane.ROUTINE, Lane.DIGEST):
        outbox.hold(Publication.objects.get(pk=lease.publication_id), by="post office", now=timezone.now())


def work_lease(lease: claim.Lease, end: float) -> int:
    """One batch, until it is done, held, lost to another worker, or time is up."""
    used = channel(lease.channel)
    size = 1 if lease.careful else used.window(lease.lane)
    total, outcomes, until = 0, list[Outcome](), end + LAST_S + INSIST_S
    try:
        while True:
            window = _insist(partial(claim.turn, lease, outcomes, size), until)
            outcomes = []
            if window.ended:
                _insist(partial(claim.close, lease, resend=used.resends(lease.lane), steps=used.steps), until)
                return total
            if window.held:
                _insist(partial(claim.hand_back, lease), until)
                return total
            failpoints.reached("before_wire", len(window.items))
            outcomes = _send(lease, window.items, end)
            failpoints.reached("before_commit", len(outcomes))
            outcomes = _heed_policy(lease, used, outcomes, until)
            total += len(outcomes)
            said = {outcome.id for outcome in outcomes}
            unsent = [item for item in window.items if item.id not in said]
            if unsent or time.monotonic() >= end:
                _insist(partial(claim.hand_back, lease, outcomes, unsent), until)
                return total
    except claim.LeaseLost:
        return total
