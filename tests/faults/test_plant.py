"""A fault plant borrows this process's bells, and gives them back whole."""

from __future__ import annotations

from typing import Any

import redis

from portal.celery import app
from portal.drill.plant import point_at

QUEUE = "borrowed"


def test_who_rang_for_a_plant_rings_its_own_broker_again(settings: Any) -> None:
    own = app.conf.broker_url
    link = redis.Redis.from_url(settings.REDIS_URL)
    ring(own)
    try:
        point_at("redis://127.0.0.1:1/0")
    finally:
        point_at(own)
    ring(own)
    assert link.llen(f"fairway:{QUEUE}") == 2
    link.delete(f"fairway:{QUEUE}")


def ring(broker: str) -> None:
    assert app.conf.broker_url == broker
    app.send_task("delivery.pump", queue=QUEUE)
