"""The floor's only errands."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from . import audit, heartbeat


@shared_task(name="base.tasks.chain")
def chain(**kwargs: object) -> None:
    close_old_connections()
    audit.chain()


@shared_task(name="base.tasks.beat")
def beat(name: str, **kwargs: object) -> None:
    """Came through a queue and was heard: beat, broker and that queue's worker are alive."""
    close_old_connections()
    heartbeat.beat(name)
    heartbeat.keep_alive()
