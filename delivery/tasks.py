"""Doorbells: each may be lost, doubled or late, and nothing but delay follows."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from django.db import close_old_connections
from kombu.exceptions import OperationalError
from redis import RedisError

from . import claim, postman

log = logging.getLogger(__name__)

ENOUGH = 3  # tasks that wait in a queue: one more bell would only make other errands wait behind it
BROKEN = (OperationalError, RedisError, OSError)


def ring(task: str, lane: str, /, **arguments: object) -> None:
    """Asks a worker of `lane` to look; a broker that is dead or full costs seconds, since the pump looks too."""
    try:
        current_app.send_task(task, kwargs=arguments, queue=str(lane), retry=False)
    except BROKEN as error:
        log.warning("doorbell %s not rung: %s", task, error)


def wake(lane: str) -> None:
    """Rings for what is due in `lane`, unless bells enough hang there already: each rings the next."""
    if _waiting(str(lane)) < ENOUGH:
        ring("delivery.tasks.send_batch", lane, lane=str(lane))


def _waiting(lane: str) -> int:
    """How many tasks wait in the queue of `lane` (declaring one that is there changes nothing)."""
    try:
        with current_app.pool.acquire(block=True) as link:
            return int(link.default_channel.queue_declare(lane).message_count)
    except BROKEN:
        return 0  # `ring` reports it


@shared_task(name="delivery.tasks.send_batch")
def send_batch(lane: str, **kwargs: object) -> None:
    close_old_connections()
    if claim.due().get(lane, 0) > 1:
        wake(lane)  # for a colleague, if there is one
    postman.work(lane)
    if lane in claim.due():
        wake(lane)


@shared_task(name="delivery.tasks.pump")
def pump(**kwargs: object) -> None:
    """Rings every lane in which work is due: new batches, retries, leases of dead workers."""
    close_old_connections()
    for lane in claim.due():
        wake(lane)
