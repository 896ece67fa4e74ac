"""How many bells hang in a queue, so that no more are hung there than anybody will hear."""

from __future__ import annotations

from celery import current_app
from kombu.exceptions import OperationalError
from redis import RedisError

BROKEN = (OperationalError, RedisError, OSError)
MOST = 50  # beyond that its workers are away, or an hour behind: they will look at everything anyway


def waiting(queue: str) -> int:
    """How many tasks wait in `queue` (declaring one that is there changes nothing); 0 if the broker is away."""
    try:
        with current_app.pool.acquire(block=True) as link:
            return int(link.default_channel.queue_declare(queue).message_count)
    except BROKEN:
        return 0  # who rings reports it


def is_full(queue: str) -> bool:
    return waiting(queue) >= MOST
