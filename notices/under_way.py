"""What is on its way: sendings that have not come to rest, and versions that wait for somebody or for their hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from delivery import reports
from delivery.models import Batch, Publication

from .models import Version

TOO_LONG = timedelta(minutes=30)  # an approval that waits longer is shown as late
MOST = 20


@dataclass(frozen=True)
class Sending:
    """One version that is going out."""

    version: Version
    report: reports.Report


def sendings(versions: QuerySet[Version]) -> list[Sending]:
    """Those of `versions` that have not reached everybody yet, the newest first."""
    waiting = Batch.objects.filter(publication=OuterRef("pk"), closed_at=None)
    going = Publication.objects.filter(stopped_at=None, key__startswith="version:")
    open_ones = going.filter(enlisted_at=None) | going.filter(Exists(waiting))
    found = {one.pk: one for one in open_ones.order_by("-pk")[:MOST]}
    of_these = versions.filter(publication_id__in=found).order_by("-issued_at")
    return [
        Sending(version, reports.report(found[version.publication_id]))
        for version in of_these.select_related("notice__office").prefetch_related("texts")
        if version.publication_id
    ]


@dataclass(frozen=True)
class Waiting:
    """One version that waits for an approver, and how long it has."""

    version: Version
    since: datetime
    late: bool


def approvals(versions: QuerySet[Version], *, now: datetime) -> list[Waiting]:
    """Those that wait for an approver, the longest first."""
    pending = versions.filter(state=Version.State.PENDING, submitted_at__isnull=False).order_by("submitted_at")
    return [
        Waiting(version, version.submitted_at, now - version.submitted_at > TOO_LONG)
        for version in pending.select_related("notice__office", "author").prefetch_related("texts")
        if version.submitted_at
    ]


def scheduled(versions: QuerySet[Version]) -> list[Version]:
    """Those that are approved and wait for their hour, the next first."""
    waiting = versions.filter(state=Version.State.SCHEDULED).order_by("publish_at")
    return list(waiting.select_related("notice__office", "author").prefetch_related("texts", "rows__place"))
