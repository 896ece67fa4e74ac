"""A worker whose clock is an hour off, before or behind: it loses no lease, steals none and sends nothing twice.

Row 10 of the failure modes, with `tests.notices.test_schedule` for the clock changes of five zones.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from base import heartbeat
from base.words import Lane
from delivery import tasks
from delivery.models import Batch, Delivery, Publication

from .plant import Plant

PEOPLE, AHEAD_S = 600, 3_600


def children_of(plant: Plant, name: str) -> list[int]:
    pid = plant.named(name).pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def child_of(plant: Plant, name: str) -> int:
    """The process that works, once its worker has started it."""
    plant.wait(lambda: bool(children_of(plant, name)), f"A child of {name}")
    return children_of(plant, name)[0]


def leased() -> set[tuple[int, str]]:
    return {(pk, str(token)) for pk, token in Batch.objects.exclude(token=None).values_list("pk", "token")}


def open_batches(publication: Publication) -> int:
    return publication.batches.filter(closed_at=None).count()


def rung() -> bool:
    """A bell may be kept by the one that stands still: another follows."""
    tasks.wake(Lane.ROUTINE)
    return True


@pytest.mark.parametrize("holder", ["ahead", "behind"])
def test_worker_an_hour_off_neither_loses_its_lease_nor_takes_one(working: Plant, holder: str) -> None:
    """Each is stopped for a while in the middle of a batch, and the other looks for work meanwhile."""
    if not any(name == "worker-ahead" for name, _process in working.site.processes):
        working.start_odd_worker(Lane.ROUTINE, "ahead", "portal.drill.clock", str(AHEAD_S))
        working.start_odd_worker(Lane.ROUTINE, "behind", "portal.drill.clock", str(-AHEAD_S))
    other = "behind" if holder == "ahead" else "ahead"
    # Both must be up before one is stopped.
    stopped, holding = child_of(working, f"worker-{other}"), child_of(working, f"worker-{holder}")
    first = working.publish(1, lane=Lane.ROUTINE)
    tasks.wake(Lane.ROUTINE)
    working.wait_for(first)
    before = working.count()
    publication = working.publish(PEOPLE, lane=Lane.ROUTINE)
    os.kill(stopped, signal.SIGSTOP)
    working.wait(lambda: rung() and working.count() > before + 50, "The first windows")
    os.kill(holding, signal.SIGSTOP)
    held = leased()
    assert len(held) == 1, "it was stopped in the middle of a batch"
    os.kill(stopped, signal.SIGCONT)
    working.wait(lambda: rung() and open_batches(publication) == len(held), "What the other can have")
    assert held <= leased(), "nobody took it"
    os.kill(holding, signal.SIGCONT)
    assert working.wait_for(publication).twice == 0
    log, people = working.accepted(), Delivery.objects.filter(publication=publication)
    assert [log[key] for key in people.values_list("address__key", flat=True)] == [1] * PEOPLE


@pytest.mark.parametrize("seconds", [AHEAD_S, -AHEAD_S], ids=["ahead", "behind"])
def test_worker_an_hour_off_hears_what_beat_rings_for(working: Plant, seconds: int) -> None:
    name = f"alone-{seconds}"
    working.start_odd_worker(Lane.CRITICAL, name, "portal.drill.clock", str(seconds))
    working.site.start_beat()
    heartbeat.beat("beat")  # so that no worker rings in its place
    try:
        report = working.wait_for(working.publish(20, lane=Lane.CRITICAL))  # nobody rings for it
    finally:
        working.kill("beat")
        working.kill(f"worker-{name}")
    assert (report.counts["delivered"], report.twice) == (20, 0)
