"""What the address book forgets by itself: files nobody decided on, what nobody confirmed, lists as they were."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from base import once, purge
from base.models import IdempotencyKey, TokenBucket
from delivery import standing

from .imports import TAKE_BACK_KEPT
from .models import Application, ImportRun, Subscription, TwoPersonChange

DRY_RUN_KEPT = timedelta(days=1)
UNCONFIRMED_KEPT = timedelta(days=7)
BUCKETS_KEPT = timedelta(days=7)  # those of the API, which are full again within minutes
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
    answers = IdempotencyKey.objects.filter(at__lt=now - once.KEPT)
    buckets = TokenBucket.objects.filter(key__startswith="api.", at__lt=now - BUCKETS_KEPT)
    old = (unconfirmed, wishes, changes, answers, buckets)
    dropped = sum(purge.in_steps(one, QuerySet.delete, busy=standing.urgent) for one in old)
    dropped += purge.in_steps(files, lambda some: some.update(content=None), busy=standing.urgent)
    return dropped + purge.in_steps(rows, lambda some: some.update(before=[]), busy=standing.urgent)
