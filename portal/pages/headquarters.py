"""Headquarters: every office, what it has in force, what waits there, and which promises it missed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import Can, demand, may
from base.words import CapStatus
from contacts.models import Application, Organisation
from dialogue.cases.models import Case
from notices import crisis as crises
from notices import lone, schedule, under_way, wording
from notices import promises as promised
from notices.models import Version
from portal import alarms


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
    """A next update, or a reopening, that was due and did not come."""

    version: Version
    name: str
    due_at: datetime
    headline: str
    zone: str


def late_promises(now: datetime) -> list[Promise]:
    """The longest overdue first."""
    language = translation.get_language() or "en"
    return [
        Promise(
            version=late.version,
            name=late.name,
            due_at=late.due_at,
            headline=wording.headline(late.version, language),
            zone=late.version.time_zone or "UTC",
        )
        for late in promised.due(promised.running(now), by=now)
    ]


def office_lines(now: datetime, promises: list[Promise]) -> list[OfficeLine]:
    """One line an office, those with missed promises first; five queries however many offices."""
    in_force = Counter(promised.running(now).values_list("notice__office_id", flat=True))
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
    alone = list(lone.unsettled())
    real = Version.objects.filter(status=CapStatus.ACTUAL)  # exercises are not on any dashboard
    context = {
        "alarms": alarms.raised(),
        "missed": set(schedule.missed(now=now).values_list("pk", flat=True)),
        "promises": promises,
        "sendings": under_way.sendings(real),
        "approvals": under_way.approvals(real, now=now),
        "scheduled": under_way.scheduled(real),
        "alone": alone,
        "reviewable": {one.pk for one in alone if may(request.user, Can.REVIEW, one.version)},
        "lines": lines,
        "in_force": sum(line.in_force for line in lines),
        "pending": sum(line.pending for line in lines),
        "questions": Case.objects.queue().count(),
        "applications": Application.objects.filter(state=Application.State.OPEN).count(),
        "crisis_level": crises.level(),
        "may_crises": may(request.user, Can.KEEP_CRISES),
        "may_decide": may(request.user, Can.DECIDE_APPLICATION),
        "unrouted": Case.objects.queue().filter(office=None).count(),
        "now": now,
    }
    return render(request, "portal/headquarters.html", context)
