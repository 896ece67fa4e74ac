"""One round of a worker: lease a batch, send it window by window, hand back what there is no time for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from base.words import Lane

from . import claim
from .channels import CHANNELS
from .channels.base import Channel
from .claim import Item
from .outcomes import Outcome

ROUND_S = 20  # a task ends well before anybody could think it dead
WINDOWS: dict[str, int] = {Lane.CRITICAL: 1, Lane.PERSONAL: 1, Lane.ROUTINE: 50, Lane.DIGEST: 50}

_kept: dict[str, Channel] = {}


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
    """Outcomes of the window, or of its beginning: a server that answers slowly must not outlast the lease."""
    outcomes: list[Outcome] = []
    for outcome in channel().send(items):
        outcomes.append(outcome)
        if time.monotonic() >= end and len(outcomes) < len(items):
            channel().close()  # the next envelope may be half said
            break
    return outcomes


def work_lease(lease: claim.Lease, end: float) -> int:
    """One batch, until it is done, held, lost to another worker, or time is up."""
    total, outcomes = 0, list[Outcome]()
    try:
        while True:
            window = claim.turn(lease, outcomes, WINDOWS[lease.lane])
            outcomes = []
            if window.ended:
                claim.close(lease)
                return total
            if window.held:
                claim.hand_back(lease)
                return total
            outcomes = _send(window.items, end)
            total += len(outcomes)
            if time.monotonic() >= end:
                claim.hand_back(lease, outcomes, window.items[len(outcomes) :])
                return total
    except claim.LeaseLost:
        return total
