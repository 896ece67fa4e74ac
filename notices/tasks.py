"""Doorbells of the newspaper: what an hour brings about. Each may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from . import reminders, schedule


@shared_task(name="notices.tasks.publish_due")
def publish_due(**kwargs: object) -> None:
    close_old_connections()
    schedule.sweep(now=timezone.now())


@shared_task(name="notices.tasks.remind")
def remind(**kwargs: object) -> None:
    """Mails the desk what waits, and what is promised and due, or late."""
    close_old_connections()
    reminders.sweep(now=timezone.now())
