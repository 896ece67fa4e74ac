"""Changes that wait for a second person: asked for and decided on the page of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import Can, demand, hide
from base.errors import Refused
from base.proof import fresh_proof
from contacts import two_person
from contacts.models import TwoPersonChange, User
from contacts.people_forms import NewEmailForm


@never_cache
@login_required
@require_POST
@fresh_proof
def reset_factor(request: HttpRequest, pk: UUID) -> HttpResponse:
    demand(request.user, Can.CHANGE_KEYS)
    person = get_object_or_404(User, pk=pk)
    try:
        two_person.ask_factor_reset(person, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("A second person must confirm it: it waits below."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("people")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof
def change_email(request: HttpRequest, pk: UUID) -> HttpResponse:
    demand(request.user, Can.CHANGE_KEYS)
    person = get_object_or_404(User, pk=pk)
    form = NewEmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        try:
            two_person.ask_email_change(person, by=user, email=form.cleaned_data["email"], now=timezone.now())
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("A second person must confirm it: it waits below."))
            return redirect("people")
    return render(
        request, "contacts/person_email.html", {"form": form, "person": person}, status=422 if form.errors else 200
    )


@never_cache
@login_required
@require_POST
@fresh_proof
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _decide(request, uid, two_person.confirm, _("Confirmed. It is done."))


@never_cache
@login_required
@require_POST
@fresh_proof
def refuse(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _decide(request, uid, two_person.refuse, _("Refused. Nothing was changed."))


def _decide(request: HttpRequest, uid: UUID, verb: Callable[..., None], done: str) -> HttpResponse:
    hide(request.user, Can.SEE_KEY_CHANGES, None)
    demand(request.user, Can.CONFIRM_KEY_CHANGE)
    change = get_object_or_404(TwoPersonChange.objects.select_related("person", "asked_by", "organisation"), uid=uid)
    try:
        verb(change, by=request.user, now=timezone.now())
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("people")
