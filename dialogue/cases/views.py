"""The counter's pages: the public form and its links, the officer's queue."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import links
from base.access import Can, demand, hide, may
from base.clients import ip_prefix
from base.errors import Refused

from . import answers, files, intake, kinds, mails
from .forms import AnswerForm, AskForm
from .kinds import KINDS
from .models import Case


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Step 1 the form, step 2 “check your answers”, then the sent page; every step carries what was typed."""
    if request.method != "POST":
        return render(request, "dialogue/ask.html", {"form": AskForm(initial=_wanted(request))})
    parcel = files.take_in(
        token=request.POST.get("draft", ""),
        uploads=request.FILES.getlist("attachments"),
        remove=request.POST.getlist("remove"),
        ip_prefix=ip_prefix(request),
        now=timezone.now(),
    )
    form = AskForm(request.POST, parcel=parcel)
    if not form.is_valid():
        shown = form.with_trap_cleared() if form.trap_filled else form
        return render(request, "dialogue/ask.html", {"form": shown, "trap": form.trap_filled}, status=422)
    step = request.POST.get("step", "check")
    if step == "change":
        return render(request, "dialogue/ask.html", {"form": AskForm(initial=form.cleaned_data, parcel=parcel)})
    if step != "send":
        return render(request, "dialogue/check.html", _to_check(form))
    return _send(request, form)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """What a link such as “ask about this notice” fills in."""
    about, kind = request.GET.get("about", ""), request.GET.get("kind", "")
    return {"about": about[:120], "kind": kind if kind in KINDS else kinds.FIRST}


def _to_check(form: AskForm) -> dict[str, Any]:
    notice, place = intake.what_about(form.cleaned_data["about"], now=timezone.now())
    within = kinds.spoken(form.chosen.answer_within)
    return {"form": form, "kind": form.chosen, "notice": notice, "place": place, "within": within}


def _send(request: HttpRequest, form: AskForm) -> HttpResponse:
    try:
        case = intake.ask(
            question=form.question(translation.get_language() or "en"),
            ip_prefix=ip_prefix(request),
            now=timezone.now(),
        )
    except intake.TooMany as refusal:
        form.add_error(None, str(refusal))
        return render(request, "dialogue/ask.html", {"form": form}, status=429)
    return redirect("case_sent", links.sign(mails.SENT, case.uid.hex))


@never_cache
@require_safe
def sent(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "dialogue/sent.html", {"case": _case_of(mails.SENT, token)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, since mail scanners follow links; POST verifies."""
    case = _case_of(mails.VERIFY, token, max_age_s=mails.VERIFY_MAX_AGE_S)
    if request.method == "POST":
        intake.verify(case, now=timezone.now())
    if case.verified_at is not None:
        return redirect("case_track", links.sign(mails.TRACK, case.uid.hex))
    return render(request, "dialogue/verify.html", {"case": case})


@never_cache
@require_safe
def track(request: HttpRequest, token: str) -> HttpResponse:
    case = _case_of(mails.TRACK, token)
    return render(request, "dialogue/track.html", {"case": case, "token": token, **_story(case)})


@never_cache
@require_POST
def close(request: HttpRequest, token: str) -> HttpResponse:
    answers.close(_case_of(mails.TRACK, token), now=timezone.now())
    return redirect("case_track", token)


def _case_of(purpose: str, token: str, max_age_s: int | None = None) -> Case:
    try:
        uid = links.read(purpose, token, max_age_s)
    except links.BadLink:
        raise Http404(_("This link is not valid, or no longer.")) from None
    case: Case = get_object_or_404(Case.objects.select_related("address", "office", "place"), uid=uid)
    return case


def _story(case: Case) -> dict[str, Any]:
    """The answer and the zone that a case page tells its times in."""
    entry = case.entries.filter(kind="answer").select_related("by").last()
    late = case.state == Case.State.OPEN and case.due_at is not None and case.due_at < timezone.now()
    return {"answer": entry, "zone": case.zone, "late": late, "files": case.files.all()}


@never_cache
@require_safe
def track_file(request: HttpRequest, token: str, uid: uuid.UUID) -> HttpResponse:
    return _download(_case_of(mails.TRACK, token), uid)


@login_required
@never_cache
@require_safe
def case_file(request: HttpRequest, reference: str, uid: uuid.UUID) -> HttpResponse:
    case = get_object_or_404(Case, reference=reference, verified_at__isnull=False)
    hide(request.user, Can.SEE_CASES, case)
    return _download(case, uid)


def _download(case: Case, uid: uuid.UUID) -> HttpResponse:
    """The file, to be saved and never shown as a page of this site."""
    kept = get_object_or_404(case.files, uid=uid)
    try:
        data = files.read(kept)
    except files.Damaged:
        raise Http404 from None
    named = content_disposition_header(True, kept.name) or "attachment"
    sealed = {
        "Content-Disposition": named,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(data, content_type=kept.mime, headers=sealed)


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_CASES)
    seen = Case.objects.visible_to(request.user).select_related("office", "place")
    context = {
        "waiting": seen.queue(),
        "done": seen.exclude(state=Case.State.OPEN).order_by("-answered_at")[:20],
        "now": timezone.now(),
    }
    return render(request, "dialogue/queue.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    case = get_object_or_404(
        Case.objects.select_related("address", "office", "place"), reference=reference, verified_at__isnull=False
    )
    user: Any = request.user
    hide(user, Can.SEE_CASES, case)
    form, status = AnswerForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                answers.answer(case, by=user, text=form.cleaned_data["text"], now=timezone.now())
            except Refused as refusal:
                form.add_error(refusal.field, str(refusal))
                status = 409
            else:
                messages.success(request, _("Answered. The person gets it by e-mail."))
                return redirect("case_detail", case.reference)
    case.refresh_from_db()
    mine = case.state == Case.State.OPEN and may(user, Can.ANSWER_CASE, case)
    context = {"case": case, "form": form, "may_answer": mine or form.is_bound, **_story(case)}
    return render(request, "dialogue/case.html", context, status=status)
