"""Doorbells of the address book: audiences become deliveries, files members. Each may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from . import connections, expansion, imports, retention, subscribe


@shared_task(name="contacts.tasks.expand")
def expand(publication_id: int, **kwargs: object) -> None:
    close_old_connections()
    expansion.expand(publication_id, now=timezone.now())


@shared_task(name="contacts.tasks.sweep")
def sweep(**kwargs: object) -> None:
    """Rings for every expansion and import that is not finished."""
    close_old_connections()
    expansion.sweep(now=timezone.now())
    imports.sweep(now=timezone.now())
    subscribe.heed_complaints(now=timezone.now())
    connections.tell_paused(now=timezone.now())


@shared_task(name="contacts.tasks.carry_out")
def carry_out(run_id: int, **kwargs: object) -> None:
    close_old_connections()
    imports.carry_out(run_id, now=timezone.now())


@shared_task(name="contacts.tasks.forget")
def forget(**kwargs: object) -> None:
    close_old_connections()
    retention.forget(now=timezone.now())
