"""Doorbells: each may be lost, doubled or late, and nothing but delay follows."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from django.db import close_old_connections
from django.utils import timezone

from base import heartbeat
from base.queues import BROKEN, waiting

from . import claim, intake, postman, receipts
from .guard import watch

log = logging.getLogger(__name__)

ENOUGH = 3  # tasks that wait in a queue: one more bell would only make other errands wait behind it


def ring(task: str, lane: str, /, **arguments: object) -> None:
    """Asks a worker of `lane` to look; a broker that is dead or full costs seconds, since the pump looks too."""
    try:
        current_app.send_task(task, kwargs=arguments, queue=str(lane), retry=False)
    except BROKEN as error:
        log.warning("doorbell %s not rung: %s", task, error)


def wake(lane: str, channel: str = "email") -> None:
    """Rings for what is due, unless bells enough hang there already: each rings the next."""
    queue = queue_of(lane, channel)
    if waiting(queue) < ENOUGH:
        ring("delivery.tasks.send_batch", queue, lane=str(lane), channel=channel)


def remind(task: str, lane: str, /, **arguments: object) -> None:
    """Rings for what was rung for before, beside the bells of `wake`, unless they pile up: then one of ours hangs."""
    if waiting(str(lane)) < 2 * ENOUGH:
        ring(task, lane, **arguments)


def queue_of(lane: str, channel: str) -> str:
    """E-mail has a queue and workers for each lane; each other channel has one of its own, and waits for nobody."""
    return str(lane) if channel == "email" else channel


@shared_task(name="delivery.tasks.send_batch")
def send_batch(lane: str, channel: str = "email", **kwargs: object) -> None:
    close_old_connections()
    watch.look_once()
    if claim.due().get((channel, lane), 0) > 1:
        wake(lane, channel)  # for a colleague, if there is one
    postman.work(lane, channel)
    if (channel, lane) in claim.due():
        wake(lane, channel)


@shared_task(name="delivery.tasks.pump")
def pump(**kwargs: object) -> None:
    """Rings for all work that is due: new batches, retries, leases of dead workers."""
    close_old_connections()
    heartbeat.beat("pump")
    watch.look()
    for channel, lane in claim.due():
        wake(lane, channel)


@shared_task(name="delivery.tasks.settle")
def settle(**kwargs: object) -> None:
    """Applies receipts that waited, and counts refusals."""
    close_old_connections()
    receipts.sweep(now=timezone.now())


@shared_task(name="delivery.tasks.forget")
def forget(**kwargs: object) -> None:
    close_old_connections()
    intake.forget(now=timezone.now())
