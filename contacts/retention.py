"""What the address book forgets by itself: files nobody decided on, what nobody confirmed, lists as they were."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from base import purge
from delivery import standing

from .imports import TAKE_BACK_KEPT
from .models import Application, ImportRun, Subscription, TwoPersonChange

DRY_RUN_KEPT = timedelta(days=1)
UNCONFIRMED_KEPT = timedelta(days=7)
CHANGES_KEPT = timedelta(days=90)  # after their end; the audit keeps that they were


def forget(*, now: datetime) -> int:
    """Drops what is older than it may be kept; returns how many rows it touched."""
    runs = ImportRun.objects
    files = runs.filter(state=ImportRun.State.OPEN, created_at__lt=now - DRY_RUN_KEPT).exclude(content=None)
    rows = runs.filter(applied_at__lt=now - TAKE_BACK_KEPT).exclude(before=[])
    wishes = Subscription.objects.filter(state=Subscription.State.PENDING, created_at__lt=now - UNCONFIRMED_KEPT)
    unconfirmed = Application.objects.filter(
        state=Application.State.UNVERIFIED, created_at__lt=now - UNCONFIRMED_KEPT
    )
    changes = TwoPersonChange.objects.filter(expires_at__lt=now - CHANGES_KEPT)
    dropped = sum(
        purge.in_steps(old, QuerySet.delete, busy=standing.urgent) for old in (unconfirmed, wishes, changes)
    )
    dropped += purge.in_steps(files, lambda some: some.update(content=None), busy=standing.urgent)
    return dropped + purge.in_steps(rows, lambda some: some.update(before=[]), busy=standing.urgent)
