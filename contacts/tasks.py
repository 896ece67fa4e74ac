"""Doorbells of the address book: audiences become deliveries. Each may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from . import expansion, retention


@shared_task(name="contacts.tasks.expand")
def expand(publication_id: int, **kwargs: object) -> None:
    close_old_connections()
    expansion.expand(publication_id, now=timezone.now())


@shared_task(name="contacts.tasks.sweep")
def sweep(**kwargs: object) -> None:
    """Rings for every expansion that is not finished, or that an earlier publication has made incomplete."""
    close_old_connections()
    expansion.sweep(now=timezone.now())


@shared_task(name="contacts.tasks.forget")
def forget(**kwargs: object) -> None:
    close_old_connections()
    retention.forget(now=timezone.now())
