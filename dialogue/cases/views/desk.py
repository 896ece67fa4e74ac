"""The officer's queue, and the page where a question is worked on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand, hide, may
from base.errors import Refused
from dialogue.cases import answers, assignment, history, unfinished
from dialogue.cases.desk_forms import AnswerForm, GiveForm, MoveForm, NoteForm
from dialogue.cases.filters import Filter
from dialogue.cases.models import Case, CaseEntry

from .public import download

PAGE = 50
ANSWERABLE = (Case.State.OPEN, Case.State.ANSWERED)


@login_required
@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.SEE_CASES)
    now = timezone.now()
    seen = Case.objects.visible_to(user).select_related("office", "place", "assignee")
    chosen = Filter(request.GET, seen, user=user, now=now)
    context = {
        "chosen": chosen,
        "page": Paginator(chosen.waiting, PAGE).get_page(request.GET.get("page")),
        "done": chosen.done[:20],
        "now": now,
    }
    return render(request, "dialogue/queue.html", context)


@login_required
@never_cache
@require_safe
def case_file(request: HttpRequest, reference: str, uid: uuid.UUID) -> HttpResponse:
    return download(_case(request, reference), uid)


def _case(request: HttpRequest, reference: str) -> Case:
    cases = Case.objects.select_related("address", "office", "place", "assignee")
    case: Case = get_object_or_404(cases, reference=reference, verified_at__isnull=False)
    hide(request.user, Can.SEE_CASES, case)
    return case


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """One question; each form of the page is a step, named by its button."""
    if not request.user.is_authenticated:
        return _sign_in_first(request, reference)
    case = _case(request, reference)
    _keep(request, case, request.session.pop(_waiting(reference), None) or request.POST)
    if request.method != "POST":
        return _page(request, case)
    return STEPS.get(request.POST.get("step", ""), _answer)(request, case)


def _waiting(reference: str) -> str:
    return f"typed:{reference}"


def _sign_in_first(request: HttpRequest, reference: str) -> HttpResponse:
    """The session ended while somebody typed: what was sent waits in this browser's new session."""
    if request.POST.get("text", "").strip():
        request.session[_waiting(reference)] = {"text": request.POST["text"], "said": request.POST.get("said", "")}
    return redirect_to_login(request.get_full_path())


def _keep(request: HttpRequest, case: Case, typed: Mapping[str, str]) -> None:
    if "text" in typed and may(request.user, Can.ANSWER_CASE, case):
        said = _number(typed.get("said"))
        unfinished.keep(case, by=_user(request), text=typed["text"], seen=said, now=timezone.now())


@require_POST
@never_cache
def keep(request: HttpRequest, reference: str) -> HttpResponse:
    """Keeps the answer while it is typed; nobody is told."""
    if not request.user.is_authenticated:
        return render(request, "notices/_signed_out.html")
    case = _case(request, reference)
    _keep(request, case, request.POST)
    return render(request, "dialogue/_kept.html", {"at": timezone.now(), "zone": case.zone})


def _answer(request: HttpRequest, case: Case) -> HttpResponse:
    form, user, said = AnswerForm(request.POST), _user(request), _number(request.POST.get("said"))

    def act() -> str:
        answers.answer(case, by=user, text=form.cleaned_data["text"], seen=said, now=timezone.now())
        unfinished.forget(case, by=user, answered=said, now=timezone.now())
        return _("Answered. The person gets it by e-mail.")

    return _done(request, case, act, answer=form)


def _discard(request: HttpRequest, case: Case) -> HttpResponse:
    def act() -> str:
        said = _number(request.POST.get("said"))
        unfinished.forget(case, by=_user(request), answered=max(said - 1, 0), now=timezone.now())
        return _("What you had typed is thrown away.")

    return _done(request, case, act)


def _note(request: HttpRequest, case: Case) -> HttpResponse:
    form = NoteForm(request.POST)

    def act() -> str:
        assignment.note(case, text=form.cleaned_data["text"], by=_user(request), now=timezone.now())
        return _("The note is kept. Only colleagues read it.")

    return _done(request, case, act, note=form)


def _take(request: HttpRequest, case: Case) -> HttpResponse:
    user = _user(request)

    def act() -> str:
        assignment.assign(case, to=user, seen=_seen(request), by=user, now=timezone.now())
        return _("You have it.")

    return _done(request, case, act)


def _put_back(request: HttpRequest, case: Case) -> HttpResponse:
    def act() -> str:
        assignment.assign(case, to=None, seen=_seen(request), by=_user(request), now=timezone.now())
        return _("It is back in the queue: nobody has it.")

    return _done(request, case, act)


def _give(request: HttpRequest, case: Case) -> HttpResponse:
    form = GiveForm(request.POST, case=case, user=_user(request))

    def act() -> str:
        to = form.cleaned_data["person"]
        assignment.assign(case, to=to, seen=_seen(request), by=_user(request), now=timezone.now())
        return _("%(person)s has it now.") % {"person": to}

    return _done(request, case, act, give=form)


def _move(request: HttpRequest, case: Case) -> HttpResponse:
    form = MoveForm(request.POST, case=case)

    def act() -> str:
        office, reason = form.chosen(), form.cleaned_data["reason"]
        seen = _number(request.POST.get("seen_office")) or None
        assignment.move_to(case, office=office, seen=seen, reason=reason, by=_user(request), now=timezone.now())
        return _("Passed to %(office)s.") % {"office": office or _("the liaison officers")}

    return _done(request, case, act, move=form)


STEPS: dict[str, Callable[[HttpRequest, Case], HttpResponse]] = {
    "answer": _answer,
    "discard": _discard,
    "note": _note,
    "take": _take,
    "give": _give,
    "put_back": _put_back,
    "move": _move,
}


def _user(request: HttpRequest) -> Any:
    return request.user


def _seen(request: HttpRequest) -> uuid.UUID | None:
    """Who had the case on the page that was sent."""
    try:
        return uuid.UUID(request.POST.get("seen", ""))
    except ValueError:
        return None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _done(request: HttpRequest, case: Case, act: Callable[[], str], **forms: Any) -> HttpResponse:
    """Acts if the form is good; what was typed comes back with what is wrong."""
    for name, form in forms.items():
        if not form.is_valid():
            return _page(request, case, status=422, **{name: form})
    try:
        words = act()
    except Refused as refusal:
        for form in forms.values():
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        case.refresh_from_db()
        return _page(request, case, status=409, refusal=None if forms else refusal, **forms)
    messages.success(request, words)
    if not may(request.user, Can.SEE_CASES, case):  # passed on to an office that is not one's own
        return redirect("case_queue")
    return redirect("case_detail", case.reference)


def _page(request: HttpRequest, case: Case, *, status: int = 200, refusal: Any = None, **bound: Any) -> HttpResponse:
    user, now = _user(request), timezone.now()
    works = may(user, Can.ANSWER_CASE, case)
    typed = unfinished.kept(case, by=user) if "answer" not in bound else None
    forms = {
        "answer": AnswerForm(initial={"text": typed.text} if typed else None),
        "note": NoteForm(),
        "give": GiveForm(case=case, user=user),
        "move": MoveForm(case=case),
        **bound,
    }
    context = {
        "case": case,
        "forms": forms,
        "bound": list(bound.values()),
        "refusal": refusal,
        "typed": typed,
        "works": works,
        "may_answer": works and (case.state in ANSWERABLE or typed or "answer" in bound),
        "talk": history.conversation(case),
        "notes": case.entries.filter(kind=CaseEntry.Kind.NOTE).select_related("by"),
        "events": history.for_desk(case),
        "zone": case.zone,
        "now": now,
        "files": case.files.all(),
    }
    return render(request, "dialogue/case.html", context, status=status)
