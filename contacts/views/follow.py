"""Following, changing and leaving without an account. Only a POST ever changes anything."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from base.clients import ip_prefix
from contacts import by_phone, shared, subscribe
from contacts.forms import CodeForm, FollowForm, ManageLinkForm, WishForm
from delivery.models import Address

READ_OR_POST = ["GET", "HEAD", "POST"]


def _consent_text() -> str:
    return _("I want to get customs notices at this address until I leave. I can leave with one click in every mail.")


@never_cache
@require_http_methods(READ_OR_POST)
def follow(request: HttpRequest) -> HttpResponse:
    form = FollowForm(request.POST or None, initial=_wanted(request))
    context = {"form": form, "consent_text": _consent_text()}
    if request.method != "POST":
        return render(request, "contacts/follow.html", context)
    if not form.is_valid():
        return render(request, "contacts/follow.html", context, status=422)
    told: Any = {
        "email": form.cleaned_data["email"],
        "consent_text": _consent_text(),
        "ip_prefix": ip_prefix(request),
        "now": timezone.now(),
    }
    by_text = form.phone_wish()
    try:
        subscribe.ask(wish=form.wish(), **told)
        token = by_phone.ask(phone=form.cleaned_data["phone"], wish=by_text, **told) if by_text else ""
    except subscribe.TooMany as refused:
        form.add_error(None, str(refused))
        return render(request, "contacts/follow.html", context, status=429)
    return redirect("follow_phone", token) if token else redirect("follow_sent")


@never_cache
@require_http_methods(READ_OR_POST)
def phone(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for the code of a text message; the same page whether or not one could be sent."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    try:
        found = by_phone.pending(token)
        if form.is_valid():
            found = by_phone.confirm(token, code=form.cleaned_data["code"], now=timezone.now())
    except subscribe.Expired:
        return render(request, "contacts/follow_expired.html", status=404)
    except by_phone.WrongCode as refused:
        form.add_error("code", str(refused))
    done = found is not None and found.confirmed_at is not None
    context = {"form": form, "done": done, "hears_stop": by_phone.hears_stop()}
    return render(request, "contacts/follow_phone.html", context, status=422 if form.errors else 200)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """What a link such as "follow this place" fills in."""
    places = [pk for pk in request.GET.getlist("place") if pk.isdecimal() and len(pk) < 18]
    return {"language": (get_language() or "en")[:2], "places": places}


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "contacts/follow_sent.html")


@never_cache
@require_http_methods(READ_OR_POST)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link shows a button: a gateway that follows it confirms nothing."""
    now = timezone.now()
    try:
        subscription = subscribe.confirm(token, now=now) if request.method == "POST" else subscribe.pending(token)
    except subscribe.Expired:
        return render(request, "contacts/follow_expired.html", status=404)
    # Who presses the button goes on to the own page; whoever reads the mail later must ask for a link.
    pressed = subscription.confirmed_at == now
    language = get_language() or "en"
    manage = subscribe.manage_url(subscription.address_id, language) if pressed else reverse("follow_manage_link")
    return render(request, "contacts/follow_confirm.html", {"subscription": subscription, "manage_url": manage})


@never_cache
@require_http_methods(READ_OR_POST)
def manage_link(request: HttpRequest) -> HttpResponse:
    """Asks for the mail with the link to one's own page; the answer is the same whoever asks."""
    form = ManageLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            subscribe.send_manage_link(
                email=form.cleaned_data["email"],
                language=(get_language() or "en")[:2],
                ip_prefix=ip_prefix(request),
                now=timezone.now(),
            )
        except subscribe.TooMany as refused:
            form.add_error(None, str(refused))
            return render(request, "contacts/manage_link.html", {"form": form}, status=429)
        return redirect("follow_sent")
    status = 422 if form.errors else 200
    return render(request, "contacts/manage_link.html", {"form": form}, status=status)


@never_cache
@require_http_methods(READ_OR_POST)
def manage(request: HttpRequest, token: str) -> HttpResponse:
    try:
        address = subscribe.manager(token)
    except subscribe.Expired:
        return render(request, "contacts/follow_expired.html", status=404)
    faulty = _act(request, address) if request.method == "POST" else None
    if request.method == "POST" and faulty is None:
        return redirect("follow_manage", token)
    subscriptions, memberships = subscribe.followed(address)
    forms = [(one, WishForm(initial=_shown(one), prefix=f"s{one.pk}")) for one in subscriptions]
    if faulty is not None:
        forms = [(one, faulty if form.prefix == faulty.prefix else form) for one, form in forms]
    context = {"address": address, "subscriptions": forms, "memberships": memberships, "faulty": faulty}
    return render(request, "contacts/manage.html", context, status=422 if faulty else 200)


def _shown(subscription: Any) -> dict[str, Any]:
    return {name: getattr(subscription, name) for name in WishForm.base_fields}


def _act(request: HttpRequest, address: Address) -> WishForm | None:
    """One button of the page: `what` says which, `id` on what; the form if it has to be looked at again."""
    now, what, number = timezone.now(), request.POST.get("what"), request.POST.get("id", "")
    pk = int(number) if number.isdecimal() and len(number) < 18 else 0
    if what == "everything":
        subscribe.leave_everything(address.pk, way="page", now=now)
        messages.success(request, _("You have left everything."))
    elif what == "subscription":
        subscribe.leave_subscription(address, subscription_id=pk, now=now)
        messages.success(request, _("You have left these notices."))
    elif what == "list":
        subscribe.leave_list(address, list_id=pk, now=now)
        messages.success(request, _("You have left this list."))
    elif what == "change":
        form = WishForm(request.POST, prefix=f"s{pk}")
        if not form.is_valid():
            return form
        subscribe.change(address, subscription_id=pk, wish=form.wish(), now=now)
        messages.success(request, _("Your choice is stored."))
    return None


@never_cache
@csrf_exempt  # RFC 8058: the mail program posts without cookie or token; the signed link is the permission
@require_http_methods(READ_OR_POST)
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, which leaves; a POST by one click leaves or asks. A wrong link looks like a right one."""
    if request.method != "POST":
        return render(request, "contacts/leave.html", {"done": False})
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    address_id = subscribe.leaver(token)
    if address_id is not None and one_click:
        shared.one_click(address_id, now=timezone.now())
    elif address_id is not None:
        subscribe.leave_everything(address_id, way="page", now=timezone.now())
    return render(request, "contacts/leave.html", {"done": True, "one_click": one_click})
