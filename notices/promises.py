"""What versions in force promise: the next update, and the reopening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from .models import Notice, Version

SOON = timedelta(hours=6)  # what the desk shows of promises to come
NAMES: dict[str, str | Words] = {"next_update_at": _("Next update"), "reopens_latest": _("Reopening")}


def running(now: datetime) -> QuerySet[Version]:
    """Versions in force; with a newer version a promise is kept, with the end of the notice it is over."""
    versions: QuerySet[Version] = Version.objects.filter(
        notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED
    )
    return versions


@dataclass(frozen=True)
class Promise:
    """One promise of a version in force and when it is, or was, due."""

    version: Version
    moment: str
    due_at: datetime

    @property
    def name(self) -> str:
        return str(NAMES[self.moment])


def due(versions: QuerySet[Version], *, by: datetime) -> list[Promise]:
    """The promises of `versions` that are due until `by`, the longest overdue first."""
    found = [
        Promise(version, moment, at)
        for version in versions.select_related("notice__office").prefetch_related("texts", "rows__place")
        for moment in NAMES
        if (at := getattr(version, moment)) is not None and at <= by
    ]
    return sorted(found, key=lambda promise: promise.due_at)
