"""What the counter forgets by itself: questions nobody confirmed, answered ones in time, with their files."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from . import files
from .models import Case, CaseFile

UNCONFIRMED_KEPT = timedelta(days=7)
ANSWERED_KEPT = timedelta(days=90)


def forget(*, now: datetime) -> int:
    """Deletes what is older than it may be kept; returns how many cases and files without a case."""
    State = Case.State
    unconfirmed = Q(state=State.UNVERIFIED, created_at__lt=now - UNCONFIRMED_KEPT)
    answered = Q(state=State.ANSWERED, answered_at__lt=now - ANSWERED_KEPT)
    closed = Q(state=State.CLOSED, closed_at__lt=now - ANSWERED_KEPT)
    count = 0
    for case in Case.objects.filter(unconfirmed | answered | closed):
        with transaction.atomic():
            files.discard(CaseFile.objects.filter(case=case))
            case.delete()
        count += 1
    return count + files.sweep(now=now)
