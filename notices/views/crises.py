"""Headquarters' pages of crises: open one, change it, look at the pages of partners, set the level, close it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand
from base.clock import now
from base.errors import Conflict, Refused
from base.proof import fresh_proof
from base.words import CrisisLevel
from notices import autosave
from notices import crisis as crises
from notices.crisis_form import CrisisForm, other_than_typed
from notices.models import Crisis, PartnerPage
from notices.views.common import tell

View = Callable[..., HttpResponse]


def typing_waits(view: View) -> View:
    """The session ended while somebody typed: what was sent waits, and stands in the form after signing in again."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method == "POST":
            request.session[_waiting(request)] = autosave.fields_of(request.POST)
        return redirect_to_login(request.get_full_path())

    return guarded


def _waiting(request: HttpRequest) -> str:
    return f"typed:{request.path}"


def _typed(request: HttpRequest) -> QueryDict | None:
    """What is sent; else what waits."""
    if request.method == "POST":
        return request.POST
    waiting = request.session.pop(_waiting(request), None)
    if waiting is None:
        return None
    messages.warning(request, _("This is what you typed. It is not saved yet."))
    return autosave.as_form(waiting)


@require_safe
@login_required
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.KEEP_CRISES)
    found = Crisis.objects.prefetch_related("places")
    facts = {"level": crises.level(), "open": found.open(), "over": found.over(), "now": now()}
    return render(request, "notices/crises.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@typing_waits
@fresh_proof
def new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_CRISES)
    form = CrisisForm(_typed(request))
    if request.method != "POST" or not form.is_valid():
        return render(request, "notices/crisis.html", {"form": form}, status=_status(request, form))
    level = form.cleaned_data["level"]
    made = crises.open_page(uid=form.of, content=form.content(), level=level, by=user, now=now())
    messages.success(request, _("The page is open, and every public page leads to it."))
    return redirect("crisis_edit", made.reference)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@typing_waits
@fresh_proof
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_CRISES)
    found = get_object_or_404(Crisis, reference=reference)
    form = CrisisForm(_typed(request), crisis=found)
    if request.method != "POST" or not form.is_valid():
        return _page(request, found, form, status=_status(request, form))
    try:
        crises.edit(found, content=form.content(), seen=form.cleaned_data["seen"] or 0, by=user, now=now())
    except Conflict as conflict:
        return _told(request, found, form, conflict)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, found, form, status=422)
    messages.success(request, _("Saved. The public page says so now."))
    return redirect("crisis_edit", reference)


def _told(request: HttpRequest, found: Crisis, form: CrisisForm, conflict: Conflict) -> HttpResponse:
    """The form as it was typed; whoever saves it now has seen what stands."""
    found.refresh_from_db()
    typed = request.POST.copy()
    typed["seen"] = str(found.edits)
    stands = other_than_typed(form, found)
    return _page(request, found, CrisisForm(typed, crisis=found), status=409, conflict=conflict, stands=stands)


@require_POST
@login_required
@fresh_proof
def level(request: HttpRequest, reference: str) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_CRISES)
    found = get_object_or_404(Crisis, reference=reference)
    wanted, seen = request.POST.get("level", ""), request.POST.get("seen", "")
    try:
        if wanted not in CrisisLevel.values:
            raise Refused
        set_to = crises.set_level(found, level=wanted, seen=int(seen) if seen.isdecimal() else 0, by=user, now=now())
    except Conflict:
        messages.error(request, _("Somebody else changed this page. Look at it as it stands now, and decide again."))
    except Refused as refused:
        tell(request, refused)
    else:
        messages.success(request, _said(set_to))
    return redirect("crisis_edit", reference)


def _said(crisis: Crisis) -> str:
    if crisis.is_open:
        return _("The level is %(level)s, and every public page says so.") % {"level": crisis.get_level_display()}
    return _("The page is closed. It stays at its address as an archive, and no page leads to it by a banner.")


@require_POST
@login_required
def check(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_CRISES)
    page = get_object_or_404(PartnerPage.objects.select_related("crisis"), pk=pk, crisis__reference=reference)
    try:
        crises.check_partner(page, by=user, now=now())
    except Refused as refused:
        tell(request, refused)
    return redirect("crisis_edit", reference)


def _status(request: HttpRequest, form: CrisisForm) -> int:
    return 422 if request.method == "POST" and form.errors else 200


def _page(request: HttpRequest, found: Crisis, form: CrisisForm, *, status: int, **facts: Any) -> HttpResponse:
    return render(request, "notices/crisis.html", {"form": form, "crisis": found, **facts}, status=status)
