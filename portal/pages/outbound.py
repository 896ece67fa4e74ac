"""What is held after a restore, and the button that lets it go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.access import Can, demand
from base.clock import now
from base.proof import fresh_proof
from base.words import Lane
from delivery import guard, standing
from delivery.models import House
from notices import under_way
from notices.models import Version


class ReleaseForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why sending may go on"),
        help_text=gettext_lazy("Kept with your name in the audit trail."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof
def outbound(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.RELEASE_OUTBOUND)
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            guard.release(by=request.user, reason=form.cleaned_data["reason"], now=now())
        except guard.NotHeld as refused:
            messages.info(request, str(refused))
        else:
            messages.success(request, _("Mails go out again."))
        return redirect("outbound")
    waiting = standing.lanes()
    context: dict[str, Any] = {
        "house": House.objects.filter(held_at__isnull=False).first(),
        "lanes": [(Lane(lane).label, waiting[lane].due) for lane in Lane.values if lane in waiting],
        "scheduled": under_way.scheduled(Version.objects.all()),
        "form": form,
    }
    return render(request, "portal/outbound.html", context, status=422 if form.errors else 200)
