"""Beat hangs no bell where many hang: without a clock, since those of two machines differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from base import queues
from portal.beat import Scheduler
from portal.celery import app

QUEUE = "critical"


@pytest.fixture
def broker(settings: Any) -> Iterator[redis.Redis]:
    link = redis.Redis.from_url(settings.REDIS_URL)
    link.delete(f"fairway:{QUEUE}")
    yield link
    link.delete(f"fairway:{QUEUE}")


def test_bells_that_nobody_hears_do_not_pile_up(broker: redis.Redis, tmp_path: Path) -> None:
    scheduler = Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    entry = scheduler.schedule["delivery-pump"]
    for _ring in range(queues.MOST + 10):
        scheduler.apply_async(entry)
    assert broker.llen(f"fairway:{QUEUE}") == queues.MOST
    broker.ltrim(f"fairway:{QUEUE}", 0, 4)
    scheduler.apply_async(entry)
    assert broker.llen(f"fairway:{QUEUE}") == 6
    scheduler.close()


def test_no_bell_is_dropped_for_its_age() -> None:
    assert all("expires" not in entry["options"] for entry in app.conf.beat_schedule.values())
    assert app.conf.beat_scheduler == "portal.beat:Scheduler"
