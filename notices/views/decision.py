"""The second person: approve what was seen, return it or reject it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.access import Can, demand
from base.clock import now
from base.errors import Conflict, Refused
from base.proof import fresh_proof
from notices import lifecycle
from notices.deed_forms import DecisionForm
from notices.guard import guard_of
from notices.models import Version
from notices.views.common import version_for
from notices.views.preview import facts_of

AGAINST = {"return": lifecycle.return_, "reject": lifecycle.reject}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@fresh_proof
def decide(request: HttpRequest, uid: UUID) -> HttpResponse:
    version = version_for(request, uid)
    demand(request.user, Can.APPROVE, version)
    if request.method == "POST":
        return _decide(request, version)
    if version.state != Version.State.PENDING:
        return redirect("sending" if version.publication_id else "version_preview", uid)
    return _page(request, version, DecisionForm(initial={"digest": version.digest}))


def _page(request: HttpRequest, version: Version, form: DecisionForm, *, status: int = 200) -> HttpResponse:
    facts = facts_of(request, version)
    facts |= {"form": form, "guard": guard_of(version, facts["reach"].people)}
    return render(request, "notices/decide.html", facts, status=status)


def _decide(request: HttpRequest, version: Version) -> HttpResponse:
    user: Any = request.user
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, version, form, status=422)
    digest, reason = form.cleaned_data["digest"], form.cleaned_data["reason"]
    verb = AGAINST.get(request.POST.get("decision", ""))
    try:
        if verb is not None:
            verb(version, by=user, digest=digest, reason=reason, now=now())
            messages.success(request, _("The author is told why."))
            return redirect("desk")
        lifecycle.approve(version, by=user, digest=digest, typed=form.cleaned_data["typed"], now=now())
    except Conflict as conflict:
        fresh = version_for(request, version.uid)
        form = DecisionForm(initial={"digest": fresh.digest, "reason": reason})
        messages.error(request, str(conflict))
        return _page(request, fresh, form, status=409)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _page(request, version, form, status=422)
    if version.publication_id is None:
        messages.success(request, _("Approved. It goes out by itself when its hour comes."))
        return redirect("version_preview", version.uid)
    return redirect("sending", version.uid)
