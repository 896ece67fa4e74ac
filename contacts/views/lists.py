"""An association's member lists: upload, dry run, import, take back, export. Customs never comes here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base import sheets
from base.access import Can, demand, may
from base.errors import Refused
from base.sheets import DELIMITERS, Question
from contacts import imports, lists, plans, problems
from contacts.forms import AnswerForm, ApplyForm, ListForm, UploadForm
from contacts.headings import FIELDS
from contacts.models import ImportRun, MemberList, Membership

State = Membership.State
SHOWN_ROWS = 20
GONE_ROWS = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS = {"csv": (sheets.write_csv, "text/csv; charset=utf-8"), "xlsx": (sheets.write_xlsx, XLSX)}


def _list(request: HttpRequest, uid: UUID, can: Can = Can.KEEP_LISTS) -> MemberList:
    """The list, or 404 for anybody outside its association: others do not learn that it exists."""
    found: MemberList = get_object_or_404(
        MemberList.objects.visible_to(request.user).select_related("association"), uid=uid
    )
    demand(request.user, can, found)
    return found


def _run(request: HttpRequest, uid: UUID) -> ImportRun:
    run = get_object_or_404(ImportRun.objects.select_related("member_list__association"), uid=uid)
    _list(request, run.member_list.uid)
    return run


def _counted(found: Any) -> Any:
    """Lists with mailboxes counted; a suspended one is still a member."""

    def of(state: str, **more: Any) -> Count:
        return Count("memberships__address", filter=Q(memberships__state=state, **more), distinct=True)

    suspended = of(State.ACTIVE, memberships__address__suppressed_at__isnull=False)
    return found.annotate(members=of(State.ACTIVE), left=of(State.LEFT), suspended=suspended)


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_LISTS)
    mine = _counted(MemberList.objects.visible_to(request.user).select_related("association"))
    return render(request, "contacts/lists.html", {"lists": mine, "may_keep": may(request.user, Can.KEEP_LISTS)})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.KEEP_LISTS)
    fresh = [MemberList(association=seat.organisation) for seat in request.user.seats()]  # type: ignore[union-attr]
    mine = [one for one in fresh if may(request.user, Can.KEEP_LISTS, one)]
    form = ListForm(request.POST or None, instance=mine[0], among=[one.association for one in mine])
    return _keep(request, form, _("Add a list"))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    form = ListForm(request.POST or None, instance=_list(request, uid))
    return _keep(request, form, _("Change the list"))


def _keep(request: HttpRequest, form: ListForm, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        member_list = lists.keep(form.save(commit=False), by=request.user, now=timezone.now())
        return redirect("list", member_list.uid)
    return render(
        request, "contacts/list_form.html", {"form": form, "title": title}, status=422 if form.errors else 200
    )


@never_cache
@login_required
@require_safe
def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    member_list = _counted(MemberList.objects.filter(pk=_list(request, uid).pk)).get()
    memberships = member_list.memberships.select_related("address").order_by("company_key", "address__key")
    page = Paginator(memberships, 50).get_page(request.GET.get("page"))
    runs = member_list.runs.exclude(state=ImportRun.State.OPEN).select_related("by").order_by("-asked_at", "-pk")[:10]
    last = imports.last_of(member_list, now=timezone.now())
    return render(
        request,
        "contacts/list.html",
        {
            "list": member_list,
            "page": page,
            "problems": problems.problems_of(member_list),
            "runs": runs,
            "last": last,
            "form": UploadForm(),
        },
    )


@never_cache
@login_required
@require_POST
def try_again(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Somebody of the association has checked the address of a member."""
    member_list = _list(request, uid)
    membership = get_object_or_404(member_list.memberships.select_related("member_list"), pk=pk)
    try:
        problems.try_again(membership, by=request.user, now=timezone.now())
        messages.success(request, _("The next notice goes to this address again."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("list", uid)


@never_cache
@login_required
@require_POST
def upload(request: HttpRequest, uid: UUID) -> HttpResponse:
    member_list = _list(request, uid)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "contacts/upload.html", {"list": member_list, "form": form}, status=422)
    file = form.cleaned_data["file"]
    run = imports.prepare(
        member_list,
        data=file.read(),
        file_name=file.name,
        by=request.user,  # type: ignore[arg-type]
        now=timezone.now(),
    )
    return redirect("import", run.uid)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dry_run(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the file would do, is about to do or did. A POST answers a question or maps columns, and tries again."""
    run = _run(request, uid)
    if run.state != ImportRun.State.OPEN:
        return _show_run(request, run)
    if request.method == "POST":
        answer = AnswerForm(request.POST)
        if answer.is_valid():
            imports.answer(run, options=answer.options(run.options))
        return redirect("import", run.uid)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _show_dry_run(request, run, ApplyForm())


def _show_run(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """The page of an import that was asked for: htmx wants its middle alone, and once it is done all of it."""
    if run.state == ImportRun.State.ASKED:
        page = "contacts/_importing.html" if request.htmx else "contacts/importing.html"  # type: ignore[attr-defined]
        return render(request, page, {"run": run, "list": run.member_list})
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Refresh": "true"})
    last = imports.last_of(run.member_list, now=timezone.now())
    return render(request, "contacts/imported.html", {"run": run, "list": run.member_list, "last": last})


def _show_dry_run(request: HttpRequest, run: ImportRun, form: ApplyForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"run": run, "list": run.member_list, "form": form, "fields": FIELDS}
    try:
        read = imports.reading(run)
    except Refused as refused:
        return render(request, "contacts/import.html", context | {"error": str(refused)}, status=422)
    if isinstance(read, Question):
        return render(request, "contacts/import.html", context | {"question": read}, status=status)
    plan = plans.compare(run.member_list, read)
    counts = plan.counts()
    context |= {
        "plan": plan,
        "counts": counts,
        "worth_it": read.members and any(counts[name] for name in ("add", "change", "gone")),
        "refused": plan.refused[:SHOWN_ROWS],
        "more_refused": max(0, len(plan.refused) - SHOWN_ROWS),
        "hints": plan.hints[:SHOWN_ROWS],
        "more_hints": max(0, len(plan.hints) - SHOWN_ROWS),
        "gone": plan.gone[:GONE_ROWS],
        "more_gone": max(0, len(plan.gone) - GONE_ROWS),
        "columns": _columns(plan),
        "delimiter": DELIMITERS.get(read.sheet.delimiter, ""),
    }
    return render(request, "contacts/import.html", context, status=status)


def _columns(plan: plans.Plan) -> list[dict[str, Any]]:
    read = plan.roster
    shown = []
    for at, heading in enumerate(read.sheet.headings):
        filled = [
            record.cells[at] for record in read.sheet.records if at < len(record.cells) and record.cells[at].strip()
        ]
        example = filled[0][:60] if filled else ""
        shown.append(
            {"heading": heading, "field": read.columns.get(heading, ""), "example": example, "filled": len(filled)}
        )
    return shown


@never_cache
@login_required
@require_POST
def apply(request: HttpRequest, uid: UUID) -> HttpResponse:
    run = _run(request, uid)
    if run.state != ImportRun.State.OPEN:
        return redirect("import", run.uid)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _show_dry_run(request, run, form, status=422)
    try:
        run = imports.start(
            run,
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            ground=form.cleaned_data["ground"],
            remove_gone=form.cleaned_data["remove_gone"],
            whole=form.cleaned_data["whole"],
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _show_dry_run(request, run, form, status=422)
    return redirect("import", run.uid)


@never_cache
@login_required
@require_POST
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    run = _run(request, uid)
    try:
        imports.take_back(run, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("The import is taken back. The list is as it was before."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("list", run.member_list.uid)


@never_cache
@login_required
@require_safe
def refused_rows(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The refused rows as they came, with the reason as the last column."""
    run = _run(request, uid)
    try:
        read = imports.reading(run)
    except Refused as refused:
        raise Http404(str(refused)) from refused
    if isinstance(read, Question):
        raise Http404
    reasons = {refused.row: refused.reason for refused in read.refused}
    rows = [[*record.cells, reasons[record.number]] for record in read.sheet.records if record.number in reasons]
    return _file("csv", "refused", [*read.sheet.headings, _("Reason")], rows)


@never_cache
@login_required
@require_safe
def export(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    if form not in EXPORTS:
        raise Http404
    member_list = _list(request, uid)
    return _file(form, member_list.name, lists.HEADINGS, lists.table(member_list))


def _file(form: str, name: str, headings: list[str], rows: list[list[Any]]) -> HttpResponse:
    write, content_type = EXPORTS[form]
    response = HttpResponse(write(headings, rows), content_type=content_type)
    safe = "".join(char if char.isalnum() and char.isascii() else "-" for char in name)[:60] or "list"
    response["Content-Disposition"] = f'attachment; filename="{safe}.{form}"'
    return response
