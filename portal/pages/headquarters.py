"""Headquarters: every office, what it has in force, what waits there, and which promises it missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import Can, demand, may
from contacts.models import Application, Organisation
from dialogue.cases.models import Case
from notices import wording
from notices.models import Notice, Version


@dataclass(frozen=True)
class OfficeLine:
    office: Organisation
    in_force: int
    pending: int
    late: int
    questions: int
    late_questions: int


@dataclass(frozen=True)
class Promise:
    """A next update that was due and did not come."""

    version: Version
    headline: str
    zone: str


def versions_in_force(now: datetime) -> QuerySet[Version]:
    versions: QuerySet[Version] = Version.objects.filter(
        notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED
    )
    return versions


def late_promises(now: datetime) -> list[Promise]:
    """The longest overdue first."""
    missed = versions_in_force(now).filter(next_update_at__lt=now).order_by("next_update_at")
    language = translation.get_language() or "en"
    return [
        Promise(version, wording.headline(version, language), version.time_zone or "UTC")
        for version in missed.select_related("notice__office").prefetch_related("texts", "rows__place")
    ]


def office_lines(now: datetime, promises: list[Promise]) -> list[OfficeLine]:
    """One line an office, those with missed promises first; five queries however many offices."""
    in_force = Counter(versions_in_force(now).values_list("notice__office_id", flat=True))
    pending = Counter(Version.objects.filter(state=Version.State.PENDING).values_list("notice__office_id", flat=True))
    late = Counter(promise.version.notice.office_id for promise in promises)
    waiting = Case.objects.queue()
    questions = Counter(waiting.values_list("office_id", flat=True))
    overdue = Counter(waiting.filter(due_at__lt=now).values_list("office_id", flat=True))
    lines = [
        OfficeLine(
            office, in_force[office.pk], pending[office.pk], late[office.pk], questions[office.pk], overdue[office.pk]
        )
        for office in Organisation.objects.offices()
    ]
    return sorted(lines, key=lambda line: (-line.late, -line.late_questions, -line.in_force, line.office.code))


@login_required
@never_cache
@require_safe
def headquarters(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_HEADQUARTERS)
    now = timezone.now()
    promises = late_promises(now)
    lines = office_lines(now, promises)
    context = {
        "promises": promises,
        "lines": lines,
        "in_force": sum(line.in_force for line in lines),
        "pending": sum(line.pending for line in lines),
        "questions": Case.objects.queue().count(),
        "applications": Application.objects.filter(state=Application.State.OPEN).count(),
        "may_decide": may(request.user, Can.DECIDE_APPLICATION),
        "unrouted": Case.objects.queue().filter(office=None).count(),
        "now": now,
    }
    return render(request, "portal/headquarters.html", context)
