"""From an approved version to an open publication: rendering before the transaction, one row inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import prefetch_related_objects

from base.words import SEVERITY_RANK, Lane, MsgType, Severity
from delivery import outbox, tasks
from delivery.models import Publication
from delivery.sealed import Sealed

from . import render, truth_of
from .facets import facets_of
from .models import Text, Version

LONGEST = timedelta(hours=24)  # an old closure alert is harm


@dataclass(frozen=True)
class Rendering:
    """Everything in every language, made before the transaction: sealed mails and truth lines."""

    messages: list[Sealed]
    truth_lines: dict[str, str]


def approvals_needed() -> int:
    return int(settings.FAIRWAY_APPROVALS_NEEDED)


def render_all(version: Version, *, now: datetime) -> Rendering:
    prefetch_related_objects([version], "rows__place")  # asked for again and again below
    lines = {text.language: truth_of.line(version, text.language) for text in version.texts.all()}
    return Rendering(
        messages=[render.mail(version, language, now=now, truth_line=line) for language, line in lines.items()],
        truth_lines=lines,
    )


def store_truth_lines(version: Version, rendering: Rendering) -> None:
    for language, line in rendering.truth_lines.items():
        Text.objects.filter(version=version, language=language).update(truth_line=line)


def lane_of(version: Version) -> Lane:
    """Critical: severe or worse, a Cancel of what went out, or a start that moved earlier."""
    if SEVERITY_RANK[Severity(version.severity)] <= SEVERITY_RANK[Severity.SEVERE]:
        return Lane.CRITICAL
    if version.msg_type == MsgType.CANCEL:
        return Lane.CRITICAL
    before = version.notice.versions.public().filter(number__lt=version.number).order_by("-number").first()
    if before and _first_start(version) < _first_start(before):
        return Lane.CRITICAL
    return Lane.ROUTINE


def give_up_at(version: Version, *, now: datetime) -> datetime:
    """Until when what leaves `now` is tried: a day, but no longer than the notice holds."""
    ends = version.ends_at
    return min(now + LONGEST, ends) if ends and ends > now else now + LONGEST


def _first_start(version: Version) -> datetime:
    """When the first of its rows begins."""
    return min(row.starts_at for row in version.rows.all())


def open_publication(version: Version, rendering: Rendering, *, now: datetime) -> Publication:
    facets = facets_of(version)
    return outbox.open(
        key=f"version:{version.uid}",
        lane=lane_of(version),
        messages=rendering.messages,
        audience=facets,
        give_up_at=give_up_at(version, now=now),
        replaces=facets["earlier"],
        now=now,
    )


def ring() -> None:
    """Best effort: without it the pump finds the publication within seconds."""
    tasks.ring("contacts.tasks.sweep", Lane.CRITICAL)
