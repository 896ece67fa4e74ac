"""Doorbells of the counter; each may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from .cases import by_mail, reminders, retention


@shared_task(name="dialogue.tasks.forget")
def forget(**kwargs: object) -> None:
    close_old_connections()
    retention.forget(now=timezone.now())


@shared_task(name="dialogue.tasks.remind")
def remind(**kwargs: object) -> None:
    """Mails what is late, or soon due and nobody's."""
    close_old_connections()
    reminders.sweep(now=timezone.now())


@shared_task(name="dialogue.tasks.read_mail")
def read_mail(**kwargs: object) -> None:
    """Fetches what people wrote by mail."""
    close_old_connections()
    by_mail.fetch(now=timezone.now())
