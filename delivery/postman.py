"""One round of a worker: lease a batch, send it window by window, hand back what there is no time for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from base.words import Lane

from . import claim
from .channels import CHANNELS
from .channels.base import Channel
from .claim import Item
from .outcomes import Outcome

ROUND_S = 5  # short, so that a stopping worker drains in time and other errands of the lane get their turn
LAST_S = 60  # more for the mail that is on the wire when the round ends
INSIST_S = 30  # more for writing down what became of it, if the database is away
LIMIT_S = ROUND_S + LAST_S + INSIST_S  # below Celery's soft time limit and the lease
PAUSE_S = 0.5
WINDOWS: dict[str, int] = {Lane.CRITICAL: 1, Lane.PERSONAL: 1, Lane.ROUTINE: 50, Lane.DIGEST: 50}

_kept: dict[str, Channel] = {}
T = TypeVar("T")


def channel(name: str = "email") -> Channel:
    """The channel of this process, with its kept connection."""
    if name not in _kept:
        _kept[name] = CHANNELS[name]()
    return _kept[name]


def work(lane: str, *, seconds: float = ROUND_S) -> int:
    """Sends due batches of `lane` for at most `seconds`; returns how many deliveries had an outcome."""
    end, total = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        lease = claim.take(lane)
        if lease is None:
            break
        total += work_lease(lease, end)
    return total


def _send(items: Sequence[Item], end: float) -> list[Outcome]:
    """Outcomes of the window, or of a part of it: a server that answers slowly must not outlast the lease."""
    outcomes: list[Outcome] = []
    try:
        for outcome in channel().send(items, until=end + LAST_S):
            outcomes.append(outcome)
            if time.monotonic() >= end and len(outcomes) < len(items):
                channel().close()  # the next envelope may be half said
                break
    except (OperationalError, InterfaceError):
        connection.close()  # the text could not be read: nothing of the rest has left
    return outcomes


def _insist(write: Callable[[bool], T], until: float) -> T:
    """The result of `write`, called again while the database is away: what has left must not be forgotten."""
    again = False
    while True:
        try:
            return write(again)
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() >= until:
                raise
            again = True
            time.sleep(PAUSE_S)


def work_lease(lease: claim.Lease, end: float) -> int:
    """One batch, until it is done, held, lost to another worker, or time is up."""
    size = 1 if lease.careful else WINDOWS[lease.lane]
    total, outcomes, until = 0, list[Outcome](), end + LAST_S + INSIST_S
    try:
        while True:
            window = _turn(lease, outcomes, size, until)
            outcomes = []
            if window.ended:
                _insist(lambda again: claim.close(lease), until)
                return total
            if window.held:
                _insist(lambda again: claim.hand_back(lease), until)
                return total
            outcomes = _send(window.items, end)
            total += len(outcomes)
            said = {outcome.id for outcome in outcomes}
            unsent = [item for item in window.items if item.id not in said]
            if unsent or time.monotonic() >= end:
                _hand_back(lease, outcomes, unsent, until)
                return total
    except claim.LeaseLost:
        return total


def _turn(lease: claim.Lease, outcomes: Sequence[Outcome], size: int, until: float) -> claim.Window:
    return _insist(lambda again: claim.turn(lease, outcomes, size, again=again), until)


def _hand_back(lease: claim.Lease, outcomes: Sequence[Outcome], unsent: Sequence[Item], until: float) -> None:
    _insist(lambda again: claim.hand_back(lease, outcomes, unsent), until)
