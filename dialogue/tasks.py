"""Doorbell of the counter; it may be lost, doubled or late."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from .cases import retention


@shared_task(name="dialogue.tasks.forget")
def forget(**kwargs: object) -> None:
    close_old_connections()
    retention.forget(now=timezone.now())
