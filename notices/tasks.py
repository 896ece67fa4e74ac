"""Doorbells of the newspaper: what an hour brings about. Each may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from base import clock

from . import copies, ladder, reminders, schedule, summaries
from .incoming import fetching


@shared_task(name="notices.tasks.publish_due")
def publish_due(**kwargs: object) -> None:
    close_old_connections()
    schedule.sweep(now=clock.shared_now())


@shared_task(name="notices.tasks.remind")
def remind(**kwargs: object) -> None:
    """Mails the desk what waits or is due, the trade what is planned, and author and approver what went out."""
    close_old_connections()
    for sweep in (reminders.sweep, ladder.sweep, copies.sweep):
        sweep(now=timezone.now())


@shared_task(name="notices.tasks.summarise")
def summarise(**kwargs: object) -> None:
    """Sends the digests that are due."""
    close_old_connections()
    summaries.sweep(now=timezone.now())


@shared_task(name="notices.tasks.look_outside")
def look_outside(**kwargs: object) -> None:
    """Fetches what other bodies publish, where it is due."""
    close_old_connections()
    fetching.sweep(now=timezone.now())
