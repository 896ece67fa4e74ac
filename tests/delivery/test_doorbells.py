"""A bell says "there is work": rung twice, late, or by a release that says it otherwise, it does no harm."""

from __future__ import annotations

import inspect
import re
import threading
import time
from typing import Any

import pytest
import redis
from django.db import connection

from base.words import Lane
from delivery import claim, guard, outbox, relays, standing, tasks
from delivery.models import Batch
from delivery.states import State
from portal.celery import app

from .test_pipe import publish, relay_for, states

__all__ = ["relay_for"]


@pytest.fixture
def quiet(settings: Any) -> Any:
    """No bell of a test waits for a worker of the next."""
    yield
    redis.Redis.from_url(settings.REDIS_URL).delete(*(f"fairway:{lane}" for lane in Lane))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quiet")
def test_same_bell_heard_twice_at_once_sends_nobody_two(relay_for: Any) -> None:
    """The second runner finds the lease of the first and sends nothing."""
    relay = relay_for()
    publish(50)
    relay.gate.clear()
    first = threading.Thread(target=_heard)
    first.start()
    while not relay.attempts:
        time.sleep(0.005)
    tokens = list(Batch.objects.values_list("token", flat=True))
    tasks.send_batch(lane=Lane.ROUTINE)
    assert relay.accepted == []
    assert list(Batch.objects.values_list("token", flat=True)) == tokens, "the first still has its lease"
    relay.gate.set()
    first.join()
    assert states() == {State.ACCEPTED: 50}
    assert set(relay.counts().values()) == {1}


def _heard() -> None:
    try:
        tasks.send_batch(lane=Lane.ROUTINE)
    finally:
        connection.close()


OURS = ("base.", "contacts.", "delivery.", "dialogue.", "notices.", "portal.", "readiness.")


def test_task_of_an_older_or_newer_release_is_understood() -> None:
    """Both run side by side while a release is deployed: what one does not know, it passes over."""
    app.loader.import_default_modules()
    names = sorted(name for name in app.tasks if name.startswith(OURS))
    assert len(names) > 15
    for name in names:
        parameters = inspect.signature(app.tasks[name].run).parameters.values()
        assert any(one.kind == inspect.Parameter.VAR_KEYWORD for one in parameters), name
    for name in {entry["task"] for entry in app.conf.beat_schedule.values()}:
        assert name in names, "what beat rings for is there"


def test_when_a_batch_is_due_or_free_is_told_by_the_clock_of_the_database_alone() -> None:
    """Whatever a worker's clock says. `now()` would be the moment its transaction began; Django's `Now()` is the
    statement's."""
    times = re.compile(r"\bnow\(\)|current_timestamp|localtimestamp|timezone\.now|datetime\.now|time\.time\(", re.I)
    for module in (claim, relays, standing, guard, outbox):
        found = [line for line in inspect.getsource(module).splitlines() if times.search(line)]
        assert [line for line in found if "Now()" not in line] == [], module.__name__
    assert "lease_until = clock_timestamp()" in claim._TAKE
