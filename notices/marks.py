"""The entity tag of a public page or feed: it changes with what is shown, never with the clock alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from .models import ImpactRow, Version
from .querysets import VersionQuerySet
from .status import said_now
from .status_of import SAYS, as_pattern

# The moments at which a page says something else though nobody changed anything.
BOUNDARIES = ("starts_at", "ends_at", "reopens_latest", "next_update_at")


def mark(versions: VersionQuerySet, *, language: str, now: datetime, also: Iterable[object] = ()) -> str:
    """Weak (RFC 9110, 8.8.1), since "as of" moves on.

    From language, build, the versions, the last of their moments that has passed, what each of their rows says at
    `now`, since a row may begin, end, or open and close by a weekly pattern within the times of its version, and
    what is shown beside them (`also`).
    """
    shown = list(versions.order_by("pk").values_list("pk", "state", "lone__finding", *BOUNDARIES))
    passed = [moment for row in shown for moment in row[3:] if moment and moment <= now]
    rows = ImpactRow.objects.filter(version__in=[row[0] for row in shown]).order_by("pk").values_list(*SAYS)
    said = [said_now(as_pattern(*row), now) for row in rows]
    facts = [settings.BUILD_ID, language, max(passed, default=None), *(row[:3] for row in shown), *said, *also]
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def shown_lately(now: datetime) -> VersionQuerySet:
    """Every version that is in force, or was until a moment ago."""
    # What ended a day ago stands nowhere as in force any more, and its end was a moment of its own.
    live = Version.objects.filter(state=Version.State.ISSUED, issued_at__lte=now)
    lately: VersionQuerySet = live.filter(Q(ends_at=None) | Q(ends_at__gt=now - timedelta(days=1)))
    return lately


def mark_of_all(*, language: str, now: datetime, also: Iterable[object] = ()) -> str:
    """For what may show any notice: what is in force, when the set last changed, and what is shown beside them."""
    moved = Version.objects.last_moved_at(now)
    return mark(shown_lately(now), language=language, now=now, also=[moved, *also])
