"""What the address book forgets by itself: files nobody decided on, wishes nobody confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from .models import ImportRun, Subscription

DRY_RUN_KEPT = timedelta(days=1)
UNCONFIRMED_KEPT = timedelta(days=7)


def forget(*, now: datetime) -> int:
    """Drops what is older than it may be kept; returns how many rows it touched."""
    files = ImportRun.objects.filter(applied_at=None, created_at__lt=now - DRY_RUN_KEPT).exclude(content=None)
    wishes = Subscription.objects.filter(state=Subscription.State.PENDING, created_at__lt=now - UNCONFIRMED_KEPT)
    return files.update(content=None) + wishes.delete()[0]
