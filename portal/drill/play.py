"""The play itself: written, approved by a second person, issued, expanded, sent."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from delivery import reports
from delivery.models import Delivery, Publication
from notices import lifecycle
from notices.models import Version

from . import cast, stage, verdict

PATIENCE_S = 60.0
PER_RECIPIENT_S = 0.02
Say = Callable[[str], None]


def _wait(publication_id: int, on: stage.Stage, end: float, say: Say) -> None:
    """Until the sending side has nothing left to do, or time is up; the log decides what that is worth."""
    while time.monotonic() < end and on.alive():
        report = reports.report(Publication.objects.get(pk=publication_id))
        say(f"{report.done} of {report.total}")
        if report.finished and report.total:
            return
        time.sleep(0.25)


def play(recipients: int, say: Say) -> dict[str, Any]:
    """Runs one drill and returns its figures; everything it made is gone afterwards."""
    name = f"fairway_drill_{os.getpid()}_{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="fairway-drill-") as folder, stage.database(name):
        on = stage.Stage(Path(folder), name)
        try:
            on.start()
            return _run(recipients, on, say)
        finally:
            on.stop()


def expected_of(played: cast.Cast, version: Version) -> dict[str, verdict.Expected]:
    """Everybody of the cast, whether or not the sending side knows of them."""
    rows = Delivery.objects.filter(publication_id=version.publication_id or 0).select_related("address")
    known = {row.address.key: verdict.Expected(row.address_id, row.pk) for row in rows}
    return {key: verdict.Expected(0, 0) for key in played.members()} | known


def marks_of(version: Version) -> tuple[str, ...]:
    return f"{version.notice.reference}, version {version.number}", "EXERCISE"


def _run(recipients: int, on: stage.Stage, say: Say) -> dict[str, Any]:
    now = timezone.now()
    played = cast.gather(recipients, now=now)
    version = cast.write(played, now=now)
    begun = time.monotonic()
    version = lifecycle.approve(version, by=played.approver, digest=version.digest, now=timezone.now())
    _wait(version.publication_id or 0, on, begun + PATIENCE_S + recipients * PER_RECIPIENT_S, say)
    seconds = time.monotonic() - begun
    found = verdict.judge(verdict.read(on.log), expected_of(played, version), marks_of(version))
    figures: dict[str, Any] = {
        "recipients": recipients,
        "delivered": found.delivered,
        "lost": found.lost,
        "duplicates": found.duplicates,
        "wrong": found.wrong,
        "seconds": round(seconds, 2),
        "rate": round(found.delivered / seconds, 1) if seconds else None,
    }
    if found.reasons:
        figures["notes"] = [f"{reason}: {count}" for reason, count in found.reasons.items()]
    return figures
