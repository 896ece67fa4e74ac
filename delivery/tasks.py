"""Doorbells: each may be lost, doubled or late, and nothing but delay follows."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from django.db import close_old_connections
from kombu.exceptions import OperationalError

from . import claim, postman

log = logging.getLogger(__name__)


def ring(task: str, lane: str, /, **arguments: object) -> None:
    """Asks a worker of `lane` to look; a dead broker costs seconds, since the pump looks too."""
    try:
        current_app.send_task(task, kwargs=arguments, queue=str(lane), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell %s not rung: %s", task, error)


@shared_task(name="delivery.tasks.send_batch")
def send_batch(lane: str, **kwargs: object) -> None:
    close_old_connections()
    postman.work(lane)
    if lane in claim.due_lanes():
        ring("delivery.tasks.send_batch", lane, lane=lane)


@shared_task(name="delivery.tasks.pump")
def pump(**kwargs: object) -> None:
    """Rings every lane in which work is due: new batches, retries, leases of dead workers."""
    close_old_connections()
    for lane in claim.due_lanes():
        ring("delivery.tasks.send_batch", lane, lane=lane)
