"""Real workers, a real broker and a real database, killed in the middle of a run: nobody is lost."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from base.models import Heartbeat
from base.words import Lane
from delivery import outbox, postman, reports
from delivery.channels.email import BULK_WINDOW
from delivery.models import Batch, Delivery, Publication
from delivery.states import State
from portal.embedded.launcher import LANES

from .plant import Plant

PEOPLE = 4_000  # more than leave while somebody is being killed


@pytest.fixture(scope="module")
def running(working: Plant) -> Plant:
    """The plant with one worker for each of the two lanes used here, and beat."""
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        working.site.start_worker(lane)
    working.site.start_beat()
    return working


def states(publication: Publication) -> dict[str, int]:
    return dict(reports.states(publication))


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
    on_wire = reports.report(publication).on_wire
    assert running.count() < before + PEOPLE, "it was killed in the middle"
    running.site.start_worker(lane)
    running.let_leases_run_out()
    report = running.wait_for(publication)
    got = copies(running, publication)
    assert min(got) == 1
    assert max(got) <= 2
    assert states(publication) == {State.ACCEPTED: PEOPLE}
    assert sum(got) - PEOPLE <= report.twice == on_wire <= postman.channel().window(lane) * LANES[lane]


@pytest.mark.long
def test_worker_told_to_stop_ends_its_window_and_leaves_the_rest_to_the_next_one(running: Plant) -> None:
    """Row 18 of the failure modes: SIGTERM in the middle of a run, as when a release is installed."""
    before, people = running.count(), 20_000  # more than leave in the round that is open
    publication = running.publish(people, lane=Lane.CRITICAL)
    running.wait(lambda: running.count() >= before + 300, "The beginning of the run")
    begun = time.monotonic()
    running.drain(f"worker-{Lane.CRITICAL}")
    assert time.monotonic() - begun < 30
    at_stop = running.count() - before
    assert at_stop < people, "it was told to stop in the middle"
    assert reports.report(publication).on_wire == 0
    assert not Batch.objects.filter(publication=publication, closed_at=None).exclude(lease_until=None).exists()
    running.site.start_worker(Lane.CRITICAL)
    report = running.wait_for(publication)
    assert copies(running, publication) == [1] * people
    assert report.twice == 0


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
def test_stopped_in_the_middle_only_the_open_windows_go(running: Plant) -> None:
    workers, people = ("second", "third"), 20_000  # more than leave while it is being stopped
    for name in workers:
        running.site.start_worker(Lane.ROUTINE, name)
    before = running.count()
    publication = running.publish(people, lane=Lane.ROUTINE)
    running.wait(lambda: running.count() >= before + 2_500, "An eighth of the run", 120)
    sessions = running.sessions()
    outbox.stop(publication, by="test", now=datetime.now(UTC))
    at_stop = running.count() - before
    report = running.wait_for(publication)
    got = running.count() - before
    windows = BULK_WINDOW * LANES[Lane.ROUTINE] * (1 + len(workers))
    assert sessions >= 2
    assert at_stop < people - windows, "it was stopped in the middle"
    assert got <= at_stop + windows
    assert report.left_out == {State.STOPPED: people - got}
    assert max(copies(running, publication)) == 1


@pytest.mark.long
def test_without_beat_the_workers_ring_for_each_other(running: Plant) -> None:
    """Row 11 of the failure modes: beat is down, nobody rings for what is published, and it goes all the same."""
    running.kill("beat")
    Heartbeat.objects.filter(name="beat").update(at=datetime.now(UTC) - timedelta(minutes=1))
    publication = running.publish(100, lane=Lane.ROUTINE)  # enlisted, and no bell was rung
    running.wait_for(publication, 60)
    assert copies(running, publication) == [1] * 100
    running.site.start_beat()
