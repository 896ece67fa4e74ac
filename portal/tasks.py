"""The roof's errands: looking after the house itself."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from delivery import canary
from portal import alarms, deadman

log = logging.getLogger(__name__)


@shared_task(name="portal.tasks.watch")
def watch(**kwargs: object) -> None:
    """First the mail to ourselves: after a night off, none is missed before it could be posted."""
    close_old_connections()
    try:
        canary.sweep(now=timezone.now())
    except Exception:  # its own alarm tells of it, and it silences no other
        log.exception("no mail to ourselves posted")
    alarms.watch(now=timezone.now())


@shared_task(name="portal.tasks.sign_of_life")
def sign_of_life(**kwargs: object) -> None:
    close_old_connections()
    deadman.tell()
