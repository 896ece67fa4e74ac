"""The administrator's page of customs offices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import Can, demand
from base.clock import now
from base.errors import Refused
from contacts import offices
from contacts.models import Organisation
from contacts.office_forms import OfficeForm


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.KEEP_OFFICES)
    found = Organisation.objects.offices().annotate(answers_for=Count("places")).order_by("code")
    return render(request, "contacts/offices.html", {"offices": found})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def office(request: HttpRequest, uid: UUID | None = None) -> HttpResponse:
    """A new office without `uid`."""
    demand(request.user, Can.KEEP_OFFICES)
    known = get_object_or_404(Organisation.objects.offices(), uid=uid) if uid else None
    form = OfficeForm(request.POST or None, office=known, initial=OfficeForm.initial_of(known) if known else None)
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        kept = known or Organisation()
        try:
            offices.keep(kept, places=form.fill(kept), by=user, now=now())
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("%(office)s is kept.") % {"office": kept})
            return redirect("offices")
    facts = {"form": form, "office": known}
    return render(request, "contacts/office.html", facts, status=422 if form.errors else 200)
