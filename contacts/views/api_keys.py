"""Keys of programs: those of one's organisations, a new one with its key shown once, and revoking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand
from base.errors import Refused
from base.proof import fresh_proof
from contacts import api_keys
from contacts.api_key_forms import ApiKeyForm
from contacts.models import ApiKey


def _mine(request: HttpRequest) -> Any:
    demand(request.user, Can.KEEP_API_KEYS)
    return ApiKey.objects.at([one.pk for one in api_keys.keeps(request.user)])


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "contacts/api_keys.html", {"keys": _mine(request)[:200], "now": timezone.now()})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof
def new(request: HttpRequest) -> HttpResponse:
    """The key stands in the answer to the form and nowhere else, not even in the session."""
    demand(request.user, Can.KEEP_API_KEYS)
    sent = request.POST if request.method == "POST" else None
    form = ApiKeyForm(sent, among=api_keys.keeps(request.user))
    if form.is_valid():
        try:
            made, key = api_keys.make(**form.wanted(), by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return render(request, "contacts/api_key.html", {"made": made, "key": key})
    return render(request, "contacts/api_key_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_POST
@fresh_proof
def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    key = get_object_or_404(_mine(request), uid=uid)
    api_keys.revoke(key, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Revoked. It opens nothing any more."))
    return redirect("api_keys")
