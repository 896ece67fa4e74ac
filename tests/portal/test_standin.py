"""A worker that rings in beat's place: only when beat is silent, and only one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from base import heartbeat
from base.models import Heartbeat
from portal import standin
from portal.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
QUEUES = ("critical", "routine", "personal", "digest", "webhook")


@pytest.fixture
def bells(settings: Any) -> Iterator[Any]:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    names = [f"fairway:{queue}" for queue in QUEUES]
    broker.delete(*names)
    yield lambda: {queue: broker.llen(name) for queue, name in zip(QUEUES, names, strict=True)}
    broker.delete(*names)


def silent_for(seconds: float) -> None:
    heartbeat.beat("beat")
    Heartbeat.objects.filter(name="beat").update(at=datetime.now(UTC) - timedelta(seconds=seconds))


def test_nobody_rings_while_beat_is_heard(bells: Any) -> None:
    silent_for(20)
    assert not standin.stand_in(app)
    assert sum(bells().values()) == 0


def test_one_worker_rings_for_all_that_cannot_wait_when_beat_is_silent(bells: Any) -> None:
    silent_for(60)
    assert standin.stand_in(app)
    rung = bells()
    assert all(rung[queue] for queue in QUEUES)
    assert rung["critical"] >= 4
    assert not standin.stand_in(app), "another one has just done it"
    assert bells() == rung


def test_alarms_are_looked_for_while_beat_is_silent_since_that_is_one_of_them(bells: Any, settings: Any) -> None:
    silent_for(60)
    standin.stand_in(app)
    rung = redis.Redis.from_url(settings.REDIS_URL).lrange("fairway:digest", 0, -1)
    assert any(b'"portal.tasks.watch"' in bell for bell in rung)


def test_one_caller_in_so_many_seconds_has_it() -> None:
    assert heartbeat.take("x", 5)
    assert not heartbeat.take("x", 5)
    Heartbeat.objects.filter(name="x").update(at=datetime.now(UTC) - timedelta(seconds=6))
    assert heartbeat.take("x", 5)
