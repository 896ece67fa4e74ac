"""Webhooks and chat channels of one's own organisation: add, try, pause, send again, remove."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand
from base.errors import Refused
from contacts import connections
from contacts.connection_forms import ConnectionForm
from contacts.models import Connection
from delivery import endpoints

SHOWN_ONCE = "connection.secret"  # of the session: which connection's secret its next page shows


def _mine(request: HttpRequest) -> Any:
    demand(request.user, Can.KEEP_CONNECTIONS)
    return Connection.objects.at([one.pk for one in connections.keeps(request.user)])


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "contacts/connections.html", {"connections": _mine(request)})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.KEEP_CONNECTIONS)
    sent = request.POST if request.method == "POST" else None
    language = (get_language() or "en")[:2]
    form = ConnectionForm(sent, among=connections.keeps(request.user), initial={"language": language})
    if form.is_valid():
        try:
            made = connections.add(**form.wanted(), by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            request.session[SHOWN_ONCE] = str(made.uid)
            return redirect("connection", made.uid)
    return render(request, "contacts/connection_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    connection, now = get_object_or_404(_mine(request), uid=uid), timezone.now()
    once = request.method == "GET" and request.session.get(SHOWN_ONCE) == str(uid)
    if once:
        del request.session[SHOWN_ONCE]
    context = {
        "connection": connection,
        "endpoint": connection.endpoint,
        "secret": connection.endpoint.secret if once else "",
        "calls": endpoints.last_calls(connection.endpoint),
        "missed": len(connections.missed(connection, now=now)),
        "now": now,
    }
    return render(request, "contacts/connection.html", context)


@never_cache
@login_required
@require_POST
def act(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """One button of the page."""
    connection = get_object_or_404(_mine(request), uid=uid)
    if verb not in connections.VERBS:
        raise Http404
    try:
        said = connections.VERBS[verb](connection, by=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("connection", uid)
    messages.success(request, said)
    if verb == "rotate":
        request.session[SHOWN_ONCE] = str(uid)
    return redirect("connections") if verb == "remove" else redirect("connection", uid)
