"""Templates of notices: every officer reads them, headquarters keeps them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import audit
from base.access import Can, demand, may
from base.clock import now
from base.words import Language
from notices.models import Template
from notices.template_form import TemplateForm


@require_safe
@login_required
@never_cache
def templates(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_DRAFTS, None)
    rows = [
        (one, [language.label for language in Language if not one.texts.get(language, {}).get("title")])
        for one in Template.objects.all()
    ]
    facts = {"rows": rows, "may_keep": may(request.user, Can.KEEP_TEMPLATES)}
    return render(request, "notices/templates.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def template(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One template, or a new one."""
    user: Any = request.user
    demand(user, Can.KEEP_TEMPLATES)
    found = get_object_or_404(Template, pk=pk) if pk else None
    form = TemplateForm(request.POST or None, template=found)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "notices/template.html", {"form": form, "found": found}, status=status)
    kept = found or Template()
    kept.kind, kept.mode, kept.name = (form.cleaned_data[name] for name in ("kind", "mode", "name"))
    kept.texts, kept.changed_at, kept.changed_by = form.words(), now(), user
    kept.save()
    audit.record(actor=user, action="template.save", target=f"template:{kept.pk}", now=kept.changed_at)
    messages.success(request, _("Saved. Officers find it when they start a notice of this kind."))
    return redirect("templates")


@require_POST
@login_required
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_TEMPLATES)
    get_object_or_404(Template, pk=pk).delete()
    audit.record(actor=user, action="template.remove", target=f"template:{pk}", now=now())
    messages.success(request, _("Removed. Notices written with it stay as they are."))
    return redirect("templates")
