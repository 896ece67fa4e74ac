"""What the counter forgets by itself: questions nobody confirmed, answered ones in time, with their files."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from base import purge
from delivery import standing

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
    old = Case.objects.filter(unconfirmed | answered | closed)
    return purge.in_steps(old, _drop, busy=standing.urgent) + files.sweep(now=now, busy=standing.urgent)


def _drop(cases: QuerySet[Case]) -> None:
    files.discard(CaseFile.objects.filter(case__in=cases))
    cases.delete()
