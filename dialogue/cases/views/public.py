"""The counter's public pages: the form and what its links open."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import links
from base.clients import ip_prefix
from dialogue.cases import answers, files, history, intake, kinds, lost_links, mails
from dialogue.cases.forms import AskForm, FollowUpForm, LinksForm
from dialogue.cases.kinds import KINDS
from dialogue.cases.models import Case


def _case_of(purpose: str, token: str, max_age_s: int | None = None) -> Case:
    """The case that the link is for; raises `links.BadLink`."""
    uid = links.read(purpose, token, max_age_s)
    case: Case | None = Case.objects.select_related("address", "office", "place", "assignee").filter(uid=uid).first()
    if case is None:  # forgotten by now
        raise links.BadLink(purpose)
    return case


def _by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A link that a mail program broke, that is too old, or whose question is forgotten leads on to a new one."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except links.BadLink:
            return render(request, "dialogue/broken_link.html", status=404)

    return opened


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Step 1 the form, step 2 “check your answers”, then the sent page; every step carries what was typed."""
    if request.method != "POST":
        return render(request, "dialogue/ask.html", {"form": AskForm(initial=_wanted(request))})
    parcel = _parcel(request)
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


def _parcel(request: HttpRequest) -> files.Parcel:
    """The files that came with this form, now and before."""
    return files.take_in(
        token=request.POST.get("draft", ""),
        uploads=request.FILES.getlist("attachments"),
        remove=request.POST.getlist("remove"),
        ip_prefix=ip_prefix(request),
        now=timezone.now(),
    )


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
@_by_link
def sent(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "dialogue/sent.html", {"case": _case_of(mails.SENT, token)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_by_link
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, since mail scanners follow links; POST verifies."""
    case = _case_of(mails.VERIFY, token, max_age_s=mails.VERIFY_MAX_AGE_S)
    if request.method == "POST":
        intake.verify(case, now=timezone.now())
    if case.verified_at is not None:
        return redirect("case_track", links.sign(mails.TRACK, case.uid.hex))
    return render(request, "dialogue/verify.html", {"case": case})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_by_link
def track(request: HttpRequest, token: str) -> HttpResponse:
    """The way of one question; POST says more, or asks again."""
    case = _case_of(mails.TRACK, token)
    form, status = FollowUpForm(), 200
    if request.method == "POST":
        parcel = _parcel(request)
        form, status = FollowUpForm(request.POST, parcel=parcel), 422
        if form.is_valid():
            draft = parcel.draft if parcel.files else None
            try:
                answers.ask_again(case, text=form.cleaned_data["text"], draft=draft, now=timezone.now())
            except answers.TooOften as refusal:
                form.add_error("text", str(refusal))
                status = 429
            else:
                messages.success(request, _("Sent to customs."))
                return redirect("case_track", token)
    context = {"case": case, "token": token, "form": form, **_story(case)}
    return render(request, "dialogue/track.html", context, status=status)


@never_cache
@require_POST
@_by_link
def close(request: HttpRequest, token: str) -> HttpResponse:
    answers.close(_case_of(mails.TRACK, token), now=timezone.now())
    return redirect("case_track", token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request: HttpRequest) -> HttpResponse:
    """Asks for the mail with one's links; the answer is the same whoever asks."""
    form, status = LinksForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                lost_links.send(
                    email=form.cleaned_data["email"],
                    language=translation.get_language() or "en",
                    ip_prefix=ip_prefix(request),
                    now=timezone.now(),
                )
            except lost_links.TooMany as refusal:
                form.add_error("email", str(refusal))
                status = 429
            else:
                return redirect("case_links_sent")
    return render(request, "dialogue/lost_link.html", {"form": form}, status=status)


@never_cache
@require_safe
def lost_link_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "dialogue/lost_link_sent.html")


def _story(case: Case) -> dict[str, Any]:
    """What the tracking page shows of the case, and the zone that its times are told in."""
    late = case.state == Case.State.OPEN and case.due_at is not None and case.due_at < timezone.now()
    return {
        "talk": history.conversation(case),
        "events": history.for_submitter(case),
        "zone": case.zone,
        "late": late,
        "files": case.files.all(),
    }


@never_cache
@require_safe
@_by_link
def track_file(request: HttpRequest, token: str, uid: uuid.UUID) -> HttpResponse:
    return download(_case_of(mails.TRACK, token), uid)


def download(case: Case, uid: uuid.UUID) -> HttpResponse:
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
