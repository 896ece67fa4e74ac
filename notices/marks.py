"""The entity tag of a public page or feed: it changes with what is shown, never with the clock alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from .models import Crisis, ImpactRow
from .querysets import VersionQuerySet
from .status import said_now
from .status_of import as_row

# Passing one of these moments changes what is said of a version.
BOUNDARIES = ("starts_at", "ends_at", "reopens_latest", "next_update_at")


def mark(versions: VersionQuerySet, *, language: str, now: datetime, crises: Iterable[Crisis] = ()) -> str:
    """Weak (RFC 9110, 8.8.1), since "as of" moves on.

    From language, build, the versions, the last of their moments that has passed, and what each of their rows says
    at `now`: a row may begin, end, or open and close by a weekly pattern within the times of its version. `crises`
    are the pages that it shows or leads to by its banner; a feed has none.
    """
    shown = list(versions.order_by("pk").values_list("pk", "state", "lone__finding", *BOUNDARIES))
    passed = [moment for row in shown for moment in row[3:] if moment and moment <= now]
    rows = ImpactRow.objects.filter(version__in=[row[0] for row in shown]).order_by("pk").select_related("place")
    said = [said_now(as_row(row), now) for row in rows]
    facts = [settings.BUILD_ID, language, max(passed, default=None), *(row[:3] for row in shown), *said]
    facts += [one.mark for one in crises]
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'
