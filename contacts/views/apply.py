"""An association applies, confirms its address, and headquarters lets it in or says why not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand
from base.clients import ip_prefix
from base.errors import Refused
from base.proof import fresh_proof
from base.words import Mode, Sector
from contacts import applications
from contacts.application_forms import ApplyForm, DeclineForm, countries
from contacts.models import Application, Place

READ_OR_POST = ["GET", "HEAD", "POST"]
DECIDED_SHOWN = 20


@never_cache
@require_http_methods(READ_OR_POST)
def apply(request: HttpRequest) -> HttpResponse:
    form = ApplyForm(request.POST or None)
    if request.method != "POST":
        return render(request, "contacts/apply.html", {"form": form})
    if not form.is_valid():
        trap = form.trap_filled
        shown = form.with_trap_cleared() if trap else form
        return render(request, "contacts/apply.html", {"form": shown, "trap": trap}, status=422)
    try:
        wish = form.wish((get_language() or "en")[:2])
        applications.apply(wish, ip_prefix=ip_prefix(request), now=timezone.now())
    except applications.TooMany as refused:
        form.add_error(None, str(refused))
        return render(request, "contacts/apply.html", {"form": form}, status=429)
    return redirect("apply_sent")


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "contacts/apply_sent.html")


@never_cache
@require_http_methods(READ_OR_POST)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link shows what was typed and a button: a gateway that follows it confirms nothing."""
    try:
        application = applications.applied(token)
    except applications.BadLink:
        return render(request, "contacts/apply_expired.html", status=404)
    if request.method == "POST":
        application = applications.verify(application, now=timezone.now())
    return render(request, "contacts/apply_confirm.html", {"application": application, **_said(application)})


def _said(application: Application) -> dict[str, Any]:
    """Its codes as words in the language of the page."""
    places = Place.objects.filter(pk__in=application.places).order_by("sort_key")
    return {
        "country": dict(countries()).get(application.country, application.country),
        "sectors": [Sector(one).label for one in application.sectors],
        "modes": [Mode(one).label for one in application.modes],
        "places": list(places),
    }


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.DECIDE_APPLICATION)
    found = Application.objects.select_related("decided_by", "organisation")
    decided = found.exclude(state__in=Application.ALIVE).order_by("-decided_at")
    context = {"waiting": found.filter(state=Application.State.OPEN), "decided": decided[:DECIDED_SHOWN]}
    return render(request, "contacts/applications.html", {**context, "now": timezone.now()})


def _application(request: HttpRequest, uid: UUID) -> Application:
    demand(request.user, Can.DECIDE_APPLICATION)
    confirmed = Application.objects.exclude(state=Application.State.UNVERIFIED)
    found: Application = get_object_or_404(
        confirmed.select_related("address", "decided_by", "organisation"), uid=uid
    )
    return found


@never_cache
@login_required
@require_safe
def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _show(request, _application(request, uid), DeclineForm())


def _show(request: HttpRequest, application: Application, form: DeclineForm) -> HttpResponse:
    open_still = application.state == Application.State.OPEN
    context = {
        "application": application,
        "form": form,
        "open": open_still,
        "namesakes": applications.namesakes(application) if open_still else [],
        **_said(application),
    }
    return render(request, "contacts/application.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
@fresh_proof
def accept(request: HttpRequest, uid: UUID) -> HttpResponse:
    application = _application(request, uid)
    try:
        organisation = applications.accept(application, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("application", uid)
    messages.success(
        request,
        _("%(name)s takes part now. The invitation goes to %(contact)s.")
        % {"name": organisation, "contact": application.contact},
    )
    return redirect("applications")


@never_cache
@login_required
@require_POST
@fresh_proof
def decline(request: HttpRequest, uid: UUID) -> HttpResponse:
    application = _application(request, uid)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _show(request, application, form)
    try:
        reason = form.cleaned_data["reason"]
        applications.decline(application, by=request.user, reason=reason, now=timezone.now())  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("application", uid)
    messages.success(request, _("Declined. The association gets your reason by e-mail."))
    return redirect("applications")
