"""The roof's errands: looking after the house itself."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from delivery import canary as canaries
from portal import alarms, deadman


@shared_task(name="portal.tasks.watch")
def watch(**kwargs: object) -> None:
    close_old_connections()
    alarms.watch(now=timezone.now())


@shared_task(name="portal.tasks.sign_of_life")
def sign_of_life(**kwargs: object) -> None:
    close_old_connections()
    deadman.tell()


@shared_task(name="portal.tasks.canary")
def canary(**kwargs: object) -> None:
    close_old_connections()
    canaries.sweep(now=timezone.now())
