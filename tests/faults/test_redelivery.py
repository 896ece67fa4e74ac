"""Row 17 of the failure modes: the broker gives a task to a second worker while the first still has it."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings

from base import heartbeat
from base.words import Lane
from delivery import reports, tasks
from delivery.models import Batch, Delivery
from delivery.states import State
from portal.celery import app

from .plant import Plant

PEOPLE = 40
IMPATIENT = {"visibility_timeout": 2, "unacked_restore_interval": 1}


@pytest.fixture(scope="module")
def impatient(working: Plant) -> Plant:
    """Two workers whose broker waits two seconds for whoever took a task, and then gives it to another."""
    options = json.dumps({**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **IMPATIENT})
    for name in ("first", "second"):
        working.site.run(
            f"worker-{name}", "celery", "-A", "portal.celery", "worker", "-Q", Lane.ROUTINE, "-c", "1",
            "-n", f"{name}@fairway", "-l", "WARNING", "--without-gossip", "--without-mingle",
            "--", f"broker.transport_options=(dict){options}",
        )  # fmt: skip
    heartbeat.beat("beat")  # it is not here, and nobody shall ring in its place
    working.wait(lambda: len(app.control.ping(timeout=1)) == 2, "Both workers")
    return working


@contextmanager
def taken(plant: Plant) -> Iterator[list[bool]]:
    """The messages that workers take from the broker from now on: whether each was given to another before."""
    found: list[bool] = []
    with redis.Redis.from_url(plant.valkey.url(), socket_timeout=None).monitor() as commands:

        def listen() -> None:
            for command in commands.listen():
                if command["command"].startswith("HSET fairway:unacked "):
                    found.append('"redelivered": true' in command["command"])
                if command["command"] == "ECHO enough":
                    return

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield found
        finally:
            plant.broker().echo("enough")
            listener.join()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_task_that_is_given_to_a_second_worker_while_the_first_has_it_sends_no_copy(impatient: Plant) -> None:
    publication = impatient.publish(PEOPLE, lane=Lane.ROUTINE)
    with taken(impatient) as messages:
        with frozen(impatient.named("sink").pid):
            tasks.wake(Lane.ROUTINE)
            impatient.wait(lambda: any(messages), "The task, given to the second worker")
            impatient.wait(lambda: not impatient.broker().hlen("fairway:unacked"), "Its end there")
            token = Batch.objects.get(publication=publication).token
            assert token, "the first still has its lease"
            assert reports.report(publication).on_wire > 0
        report = impatient.wait_for(publication)
    assert messages[0] is False
    got = impatient.accepted()
    assert list(got.values()) == [1] * PEOPLE
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.ACCEPTED, 1)}
    assert report.twice == 0
