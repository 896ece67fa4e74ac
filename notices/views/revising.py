"""Changing what is in force: each button opens the next version as a draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import Can, demand
from base.clock import now
from base.errors import Refused
from notices import lifecycle
from notices.actions import STEPS
from notices.deed_forms import CorrectionForm
from notices.models import Version
from notices.views.common import tell, version_for

Action = Version.Action


@require_POST
@login_required
def revise(request: HttpRequest, uid: UUID, action: str) -> HttpResponse:
    if action not in STEPS:
        raise Http404
    if STEPS[action].asks_note:
        return redirect("version_correct", uid)
    return _opened(request, version_for(request, uid), action)


def _opened(
    request: HttpRequest, live: Version, action: str, *, note: dict[str, str] | None = None
) -> HttpResponse:
    user: Any = request.user
    try:
        version = lifecycle.revise(live.notice, by=user, now=now(), action=action, note=note)
    except Refused as refused:
        tell(request, refused)
        return redirect("desk")
    return redirect(f"{reverse('version_edit', args=[version.uid])}#{STEPS[action].part}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def correct(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was wrong, for readers: asked before a correction is opened, and changed while it is a draft."""
    user: Any = request.user
    version = version_for(request, uid)
    demand(user, Can.WRITE_NOTICE, version)
    begun = version.action == Action.CORRECT and version.state in Version.EDITABLE
    if not begun and version.state != Version.State.ISSUED:
        return redirect("version_preview", uid)
    said = CorrectionForm.initial_of(version.correction) if begun else {}
    form = CorrectionForm(request.POST or None, initial=said)
    if request.method == "POST" and form.is_valid():
        if not begun:
            return _opened(request, version, Action.CORRECT, note=form.note())
        lifecycle.explain(version, by=user, note=form.note(), now=now())
        return redirect("version_preview", uid)
    facts = {"version": version, "form": form, "begun": begun}
    return render(request, "notices/correct.html", facts, status=422 if form.errors else 200)
