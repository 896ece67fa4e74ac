"""Real workers, a real broker and a real database, killed in the middle of a run: nobody is lost."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime

import pytest

from base.words import Lane
from delivery import outbox
from delivery.models import Delivery, Publication
from delivery.postman import WINDOWS
from delivery.states import State

from .plant import Plant

PEOPLE = 1_000


@pytest.fixture(scope="module")
def running(working: Plant) -> Plant:
    """The plant with one worker for each of the two lanes used here, and beat."""
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        working.site.start_worker(lane)
    working.site.start_beat()
    return working


def states(publication: Publication) -> dict[str, int]:
    rows = Delivery.objects.filter(publication=publication).values_list("state", flat=True)
    return {state: list(rows).count(state) for state in set(rows)}


def copies(plant: Plant, publication: Publication) -> list[int]:
    """How many copies each person of `publication` has, those with none too."""
    log = plant.accepted()
    keys = Delivery.objects.filter(publication=publication).values_list("address__key", flat=True)
    return [log[key] for key in keys]


@pytest.mark.parametrize("lane", [Lane.ROUTINE, pytest.param(Lane.CRITICAL, marks=pytest.mark.long)])
def test_worker_killed_in_the_middle_loses_nobody_and_doubles_its_open_window_at_most(
    running: Plant, lane: Lane
) -> None:
    before = running.count()
    publication = running.publish(PEOPLE, lane=lane)
    running.wait(lambda: running.count() >= before + 300, "A third of the run")
    running.kill(f"worker-{lane}")
    on_wire = states(publication).get(State.WIRE, 0)
    assert running.count() < before + PEOPLE, "it was killed in the middle"
    running.site.start_worker(lane)
    running.let_leases_run_out()
    report = running.wait_for(publication)
    got = copies(running, publication)
    assert min(got) == 1
    assert max(got) <= 2
    assert states(publication) == {State.ACCEPTED: PEOPLE}
    assert sum(got) - PEOPLE <= report.twice == on_wire <= WINDOWS[lane]


@pytest.mark.long
def test_broker_killed_in_the_middle_delays_and_nothing_else(running: Plant) -> None:
    before = running.count()
    publication = running.publish(PEOPLE, lane=Lane.CRITICAL)
    running.wait(lambda: running.count() >= before + 200, "A fifth of the run")
    running.kill_broker()
    time.sleep(3)
    second = running.publish(100, lane=Lane.ROUTINE)
    running.valkey.start()
    for each, people in ((publication, PEOPLE), (second, 100)):
        running.wait_for(each)
        assert copies(running, each) == [1] * people


@pytest.mark.long
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_database_restarted_in_the_middle_reaches_everybody_once(running: Plant, sig: signal.Signals) -> None:
    before = running.count()
    publication = running.publish(PEOPLE, lane=Lane.ROUTINE)
    running.wait(lambda: running.count() >= before + 300, "A third of the run")
    running.restart_database(sig)
    assert running.count() < before + PEOPLE, "it was restarted in the middle"
    report = running.wait_for(publication)
    assert copies(running, publication) == [1] * PEOPLE
    assert report.twice == 0


@pytest.mark.long
def test_stopped_at_half_of_five_thousand_only_the_open_windows_go(running: Plant) -> None:
    for name in ("second", "third"):
        running.site.start_worker(Lane.ROUTINE, name)
    before = running.count()
    publication = running.publish(5_000, lane=Lane.ROUTINE)
    running.wait(lambda: running.count() >= before + 2_500, "Half of the run", 120)
    sessions = running.sessions()
    outbox.stop(publication, by="test", now=datetime.now(UTC))
    at_stop = running.count() - before
    report = running.wait_for(publication)
    got = running.count() - before
    assert sessions >= 2
    assert at_stop < 5_000 - WINDOWS[Lane.ROUTINE] * sessions
    assert got <= at_stop + WINDOWS[Lane.ROUTINE] * sessions
    assert report.left_out == {State.STOPPED: 5_000 - got}
    assert max(copies(running, publication)) == 1
