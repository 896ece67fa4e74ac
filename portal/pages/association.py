"""The association's dashboard: what is in force at its places, what waits for its click, how its lists are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import Can, demand, hide, may
from base.errors import Refused
from base.text import labelled
from contacts.health import health_of
from contacts.models import MemberList, Organisation, User
from notices import news, relay_forms, relays
from notices.models import Relay, Version

from .concerns import Line, in_force_for, next_updates


@dataclass(frozen=True)
class Task:
    """A line that waits for an answer, with the form of each answer; `faulty` is the one to be corrected."""

    line: Line
    portal: Any
    own_means: Any
    not_relevant: Any
    faulty: Any = None


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the first association that the person works for."""
    user: Any = request.user
    for seat in user.seats():
        if seat.organisation.kind == Organisation.Kind.ASSOCIATION:
            return redirect("association", seat.organisation.code)
    return render(request, "portal/association_none.html", status=403)


@login_required
@never_cache
@require_safe
def dashboard(request: HttpRequest, code: str) -> HttpResponse:
    return _show(request, _association_of(request, code))


def _association_of(request: HttpRequest, code: str) -> Organisation:
    association: Organisation = get_object_or_404(Organisation.objects.associations(), code=code)
    hide(request.user, Can.SEE_ASSOCIATION, association)
    return association


def _show(
    request: HttpRequest, association: Organisation, *, typed: dict[tuple[UUID, str], Any] | None = None
) -> HttpResponse:
    """`typed`: version and means → the form that was sent and has errors."""
    now, user = timezone.now(), cast("User", request.user)
    since = news.seen_until(association, user, now=now)
    lines = in_force_for(association, now=now)
    tasks = [_task(line, typed or {}, now=now) for line in lines if line.waiting]
    context = {
        "association": association,
        "tasks": sorted(tasks, key=lambda task: task.line.issued_at),
        "faulty": next((task.faulty for task in tasks if task.faulty), None),
        "since": since,
        "changes": news.changes(association, since=since, now=now),
        "lines": lines,
        "updates": next_updates(lines),
        "lists": health_of(association, now=now),
        "may_relay": may(user, Can.RELAY, association),
        "may_keep": may(user, Can.KEEP_LISTS, MemberList(association=association)),
        "now": now,
    }
    return render(request, "portal/association.html", context, status=422 if typed else 200)


def _task(line: Line, typed: dict[tuple[UUID, str], Any], *, now: datetime) -> Task:
    forms = {
        means: typed.get((line.version.uid, means))
        or relay_forms.form_for(means, line.version, zone=line.zone, now=now)
        for means in relay_forms.FORMS
    }
    return Task(line, **forms, faulty=next((form for form in forms.values() if form.errors), None))


@login_required
@require_POST
def mark(request: HttpRequest, code: str) -> HttpResponse:
    """All as seen, up to the moment at which the page was drawn."""
    association, now = _association_of(request, code), timezone.now()
    drawn_at = parse_datetime(request.POST.get("until", "")) or now
    if timezone.is_aware(drawn_at):
        news.see_all(association, by=cast("User", request.user), until=drawn_at, now=now)
    return redirect("association", code)


@login_required
@require_POST
def relay(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """One of the three answers; a second click, or a reload, changes nothing."""
    association = _association_of(request, code)
    version: Version = get_object_or_404(Version.objects.public(), uid=uid)
    user: Any = request.user
    demand(user, Can.RELAY, association)
    means, now, zone = request.POST.get("means", ""), timezone.now(), version.time_zone or "UTC"
    if means not in Relay.Means.values:
        raise Http404
    form = relay_forms.form_for(means, version, zone=zone, now=now, data=request.POST)
    facts = form.facts(zone) if form.is_valid() else {}
    if form.errors:
        return _show(request, association, typed={(uid, means): form})
    try:
        row = relays.relay(version, association=association, by=user, means=means, now=now, **facts)
    except Refused as refusal:
        if refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
            return _show(request, association, typed={(uid, means): form})
        messages.error(request, str(refusal))
    else:
        messages.success(request, labelled(version.notice.reference, row.get_means_display()))
    return redirect("association", code)
