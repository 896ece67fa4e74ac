"""Reminders of planned work to whoever heard of it: a day and two hours before, at its start and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base import audit
from base.words import CapStatus, MsgType
from delivery import outbox
from delivery.models import Publication

from . import issuing, render
from .facets import facets_of, lane_of
from .models import Notice, Version
from .sweeping import each

LATEST = timedelta(minutes=30)  # a rung missed by more says nothing new and is skipped
FRESH = timedelta(hours=1)  # whoever read of it within the last hour needs no reminder


@dataclass(frozen=True)
class Rung:
    """Sent `before` the version's `moment`; `words` stand first in the subject and above the text."""

    name: str
    moment: str
    before: timedelta
    words: str | Promise


RUNGS = (
    Rung("day", "starts_at", timedelta(hours=24), _("Reminder: starts in 24 hours")),
    Rung("soon", "starts_at", timedelta(hours=2), _("Reminder: starts in 2 hours")),
    Rung("start", "starts_at", timedelta(0), _("Starts now, as planned")),
    Rung("end", "ends_at", timedelta(0), _("Ends now, as planned")),
)


def planned(rung: Rung, now: datetime) -> QuerySet[Version]:
    """Versions whose rung is reached at `now`: in force, real, and announced before their start."""
    at = now + rung.before
    announced = Version.objects.filter(
        notice=OuterRef("notice"), issued_at__lt=OuterRef("starts_at"), issued_at__isnull=False
    )
    found: QuerySet[Version] = Version.objects.filter(
        Exists(announced),
        state=Version.State.ISSUED,
        status=CapStatus.ACTUAL,
        publication_id__isnull=False,
        issued_at__lt=F(rung.moment) - rung.before - FRESH,
        **{f"{rung.moment}__lte": at, f"{rung.moment}__gt": at - LATEST},
    )
    return found.exclude(msg_type=MsgType.CANCEL).exclude(action=Version.Action.ALL_CLEAR)


def sweep(*, now: datetime) -> int:
    """Opens what is due, each rung of a version once; returns how many. Safe to run twice at once."""
    return sum(each(planned(rung, now), partial(_climb, rung, now=now)) for rung in RUNGS)


def _climb(rung: Rung, version: Version, *, now: datetime) -> bool:
    key = key_of(version, rung)
    if Publication.objects.filter(key=key).exists():
        return False
    messages = list(_messages(rung, version, now))
    with transaction.atomic():
        Notice.objects.select_for_update().get(pk=version.notice_id)
        if Publication.objects.filter(key=key).exists() or not planned(rung, now).filter(pk=version.pk).exists():
            return False  # opened by another worker, or replaced in between
        outbox.open(
            key=key,
            lane=lane_of(version),
            messages=messages,
            audience=_heard(version),
            give_up_at=now + max(rung.before, 2 * LATEST),
            now=now,
        )
        facts = {"rung": rung.name, "reference": version.notice.reference}
        audit.record(actor="ladder", action="version.remind", target=f"version:{version.uid}", facts=facts, now=now)
    return True


def _messages(rung: Rung, version: Version, now: datetime) -> Iterator[Any]:
    for text in version.texts.all():
        with translation.override(text.language):
            yield render.mail(version, text.language, now=now, heading=str(rung.words))


def _heard(version: Version) -> dict[str, Any]:
    """Those whom the version itself reached, by whichever list or relay, and nobody else."""
    return facets_of(version) | {"rows": [], "earlier": [version.publication_id]}


def key_of(version: Version, rung: Rung) -> str:
    return f"{issuing.reminder_keys(version)}{rung.name}"
