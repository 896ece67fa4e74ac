"""One officer alone in an emergency: issuing without a second person, and the review that follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.access import Can, demand
from base.clock import now
from base.errors import Conflict, Refused
from base.proof import fresh_proof
from notices import lone
from notices.deed_forms import AloneForm, ReviewForm
from notices.guard import guard_of
from notices.models import LoneIssue, Version
from notices.views.common import version_for
from notices.views.preview import facts_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@fresh_proof
def issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    version = version_for(request, uid)
    demand(request.user, Can.ISSUE_ALONE, version)
    if version.state != Version.State.PENDING:
        return redirect("sending" if version.publication_id else "version_preview", uid)
    form = AloneForm(request.POST or None, initial={"digest": version.digest})
    status = 200
    if request.method == "POST":
        user: Any = request.user
        try:
            if form.is_valid():
                lone.issue(version, by=user, now=now(), **form.cleaned_data)
                return redirect("sending", uid)
        except Conflict as conflict:
            messages.error(request, str(conflict))
            return redirect("version_preview", uid)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        status = 422
    facts = facts_of(request, version)
    facts |= {
        "form": form,
        "guard": guard_of(version, facts["reach"].people),
        "why_not": lone.hindrance(version, now=now()),
        "days": lone.REVIEW_WITHIN.days,
        "used": lone.used(version, now=now()),
    }
    return render(request, "notices/alone.html", facts, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@fresh_proof
def review(request: HttpRequest, uid: UUID) -> HttpResponse:
    version = version_for(request, uid)
    demand(request.user, Can.REVIEW, version)
    found = LoneIssue.objects.select_related("by", "reviewed_by", "version__notice__office")
    alone = found.filter(version=version).first()
    if alone is None:
        raise Http404
    form, status = ReviewForm(request.POST or None), 200
    if request.method == "POST" and not alone.finding:
        user: Any = request.user
        try:
            if form.is_valid():
                lone.review(alone, by=user, now=now(), **form.cleaned_data)
                messages.success(request, _("Your review is kept with the notice."))
                if form.cleaned_data["finding"] == LoneIssue.Finding.CHANGED:
                    still = _("It still stands. Whoever writes for the office updates or withdraws it.")
                    messages.info(request, still)
                return redirect("version_preview", uid)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        status = 422
    facts = facts_of(request, version) | {"form": form, "alone": alone}
    return render(request, "notices/review.html", facts, status=status)
