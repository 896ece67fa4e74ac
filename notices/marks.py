"""The entity tag of a public page or feed: it changes with what is shown, never with the clock alone."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings

from .querysets import VersionQuerySet

# Passing one of these moments changes what is said of a version.
BOUNDARIES = ("starts_at", "ends_at", "reopens_latest", "next_update_at")


def mark(versions: VersionQuerySet, *, language: str, now: datetime) -> str:
    """Weak (RFC 9110, 8.8.1), since "as of" moves on: from versions, language, build, last boundary passed."""
    shown = list(versions.order_by("pk").values_list("pk", "state", "lone__finding", *BOUNDARIES))
    passed = [moment for row in shown for moment in row[3:] if moment and moment <= now]
    facts = [settings.BUILD_ID, language, max(passed, default=None), *(row[:3] for row in shown)]
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'
