"""When a version goes out: the author's wish, taking it back, letting out what missed its hour."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.access import Can, demand
from base.clock import now
from base.errors import Refused
from base.proof import fresh_proof
from notices import schedule
from notices.deed_forms import HourForm
from notices.render import zone_of
from notices.views.common import tell, version_for
from notices.views.preview import facts_of


@require_POST
@login_required
def choose(request: HttpRequest, uid: UUID) -> HttpResponse:
    user: Any = request.user
    version = version_for(request, uid)
    demand(user, Can.WRITE_NOTICE, version)
    form = HourForm(request.POST)
    form.full_clean()
    at = form.moment("publish", zone_of(version))
    try:
        if not form.errors:
            schedule.choose(version, at=at, by=user, now=now())
            return redirect("version_preview", uid)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return render(request, "notices/preview.html", facts_of(request, version) | {"hour": form}, status=422)


@require_POST
@login_required
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    user: Any = request.user
    version = version_for(request, uid)
    try:
        schedule.cancel(version, by=user, reason=request.POST.get("reason", "")[:1_000], now=now())
        messages.success(request, _("It will not go out. It is a draft again."))
    except Refused as refused:
        tell(request, refused)
    return redirect("version_preview", uid)


@require_POST
@login_required
@fresh_proof
def publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    user: Any = request.user
    version = version_for(request, uid)
    try:
        schedule.publish(version, by=user, now=now())
    except Refused as refused:
        tell(request, refused)
        return redirect("version_preview", uid)
    return redirect("sending", uid)
