"""People and their seats: who is in, who is asked in, and the page behind an invitation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand, hide, may
from base.errors import Refused
from base.proof import fresh_proof
from contacts import people, two_person
from contacts.models import Invitation, Organisation, Seat, TwoPersonChange, User
from contacts.people_forms import AcceptForm, InviteForm

READ_OR_POST = ["GET", "HEAD", "POST"]


def _organisations(user: Any, can: Can) -> list[Organisation]:
    return [one for one in Organisation.objects.all() if may(user, can, one)]


def _seats(within: list[Organisation]) -> QuerySet[Seat]:
    return Seat.objects.filter(ended_at=None, organisation__in=within).select_related("organisation")


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_PEOPLE)
    within = _organisations(request.user, Can.SEE_PEOPLE)
    shown = Prefetch("seat_set", queryset=_seats(within), to_attr="shown_seats")
    persons = User.objects.filter(pk__in=_seats(within).values("user")).prefetch_related(shown).order_by("name")
    waiting = Invitation.objects.filter(
        organisation__in=within, accepted_at=None, expires_at__gt=timezone.now()
    ).select_related("organisation")
    changes = TwoPersonChange.objects.waiting(timezone.now()).select_related("person", "organisation", "asked_by")
    context = {
        "persons": persons,
        "changes": changes.order_by("asked_at") if may(request.user, Can.SEE_KEY_CHANGES) else (),
        "may_confirm": may(request.user, Can.CONFIRM_KEY_CHANGE),
        "may_change_keys": may(request.user, Can.CHANGE_KEYS),
        "waiting": waiting.order_by("-created_at"),
        "may_invite": may(request.user, Can.INVITE),
        "may_keep_offices": may(request.user, Can.KEEP_OFFICES),
        "may_decide": may(request.user, Can.DECIDE_APPLICATION),
        "may_switch_off": _is_everywhere(request.user),
    }
    return render(request, "contacts/people.html", context)


def _is_everywhere(user: Any) -> bool:
    """True for whoever may invite at every organisation: an account may have seats at several."""
    return may(user, Can.INVITE) and all(may(user, Can.INVITE, one) for one in Organisation.objects.all())


@never_cache
@login_required
@require_http_methods(READ_OR_POST)
@fresh_proof
def invite(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.INVITE)
    form = InviteForm(request.POST or None, organisations=_organisations(request.user, Can.INVITE))
    if request.method == "POST" and form.is_valid():
        try:
            asked = two_person.invite(by=request.user, now=timezone.now(), **form.cleaned_data)  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _said(asked))
            return redirect("people")
    return render(request, "contacts/people_invite.html", {"form": form}, status=422 if form.errors else 200)


def _said(asked: Invitation | TwoPersonChange) -> str:
    if isinstance(asked, TwoPersonChange):
        return _("A second person must confirm it: it waits below.")
    return _("The invitation goes to %(email)s.") % {"email": asked.email}


@never_cache
@login_required
@require_POST
@fresh_proof
def end_seat(request: HttpRequest, pk: int) -> HttpResponse:
    seat = get_object_or_404(Seat.objects.select_related("organisation", "user"), pk=pk)
    hide(request.user, Can.SEE_PEOPLE, seat.organisation)
    demand(request.user, Can.INVITE, seat.organisation)
    try:
        people.end_seat(seat, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("%(name)s no longer holds this seat.") % {"name": seat.user})
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("people")


@never_cache
@login_required
@require_POST
@fresh_proof
def switch_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    if not _is_everywhere(request.user):
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk)
    try:
        people.switch_off(person, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("%(name)s can no longer sign in.") % {"name": person})
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("people")


@never_cache
@require_http_methods(READ_OR_POST)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The link shows a form: a gateway that follows it accepts nothing."""
    try:
        found = people.invited(token, now=timezone.now())
        account = people.account_of(found)
        if account is not None:
            return _accept_as(request, found, account)
        return _accept(request, found)
    except people.BadInvitation as refused:
        return render(request, "contacts/invitation_expired.html", {"why": refused}, status=404)


def _accept(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AcceptForm(request.POST or None, invitation=found)
    if request.method == "POST" and form.is_valid():
        people.accept(
            found, name=form.cleaned_data["name"], password=form.cleaned_data["password"], now=timezone.now()
        )
        messages.success(request, _("Your account is ready. Sign in now."))
        return redirect("account_login")
    status = 422 if form.errors else 200
    return render(request, "contacts/invitation.html", {"form": form, "invitation": found}, status=status)


def _accept_as(request: HttpRequest, found: Invitation, account: User) -> HttpResponse:
    """An account exists: only its holder takes the seat, signed in and with one button."""
    if request.user != account:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    if request.method == "POST":
        people.accept_as(account, found, now=timezone.now())
        messages.success(request, _("You hold this seat now."))
        return redirect("home")
    return render(request, "contacts/invitation.html", {"invitation": found})
