"""Whom to call: the customs offices with their places, and no address that was not published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from base.clock import now as clock_now
from contacts.models import Organisation, Place
from notices.models import Notice, Version
from portal.everybody import public_page


@dataclass(frozen=True)
class Line:
    """`always` is what the administration publishes of the office; `said` what its notices in force name."""

    office: Organisation
    places: list[Place]
    always: str
    said: list[Version]


def lines(now: datetime) -> list[Line]:
    """The duty mailbox and telephone of an office are for its own people: they are never among these."""
    saying = (
        Version.objects.filter(notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED)
        .exclude(contact="")
        .select_related("notice")
        .order_by("notice__office", "notice__reference")
    )
    said = {office: list(found) for office, found in groupby(saying, lambda version: version.notice.office_id)}
    offices = Organisation.objects.offices().prefetch_related("places").order_by("code")
    found = (
        Line(one, list(one.places.all()), settings.FAIRWAY_CALL_LIST.get(one.code, ""), said.get(one.pk, []))
        for one in offices
    )
    return [line for line in found if line.places or line.always or line.said]


@require_safe
@public_page
def call_list(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    return render(request, "portal/call_list.html", {"now": now, "lines": lines(now)})
