"""Writing: a new notice, its form, and what an editor of a stale tab sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import Can, demand
from base.clock import now, zone_name
from contacts import places
from contacts.models import Place
from notices import autosave, lifecycle
from notices.checklist import Outlook, outlook
from notices.drafting import as_if
from notices.forms import KindForm, NoticeForm, draft_of, initial_of, slips, understood
from notices.impact_form import ImpactForm, ImpactFormSet, initial_rows
from notices.kinds import KINDS
from notices.models import Item, Version
from notices.policies import offices_written_for
from notices.presets import PRESETS, reshaped, typed_rows
from notices.starting import filled, starts
from notices.views.common import version_for

ROW_FIELDS = [
    *ImpactFormSet.form.base_fields,
    *(f"{name}_{part}" for name, _label, _needed in ImpactForm.moment_names for part in ("date", "time", "which")),
]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.WRITE_NOTICE, None)
    form = KindForm(request.POST or None, offices=offices_written_for(user))
    if request.method == "POST" and form.is_valid():
        version = lifecycle.start(
            kind=form.cleaned_data["kind"], office=form.cleaned_data["office"], by=user, now=now()
        )
        return redirect("version_edit", version.uid)
    return render(request, "notices/new.html", {"form": form, "kinds": KINDS.values()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    user: Any = request.user
    if not user.is_authenticated:
        return _sign_in_first(request, uid)
    version = version_for(request, uid)
    demand(user, Can.WRITE_NOTICE, version)
    if request.method == "POST":
        return _save(request, version)
    if version.state not in Version.EDITABLE:
        return redirect("version_preview", version.uid)
    waiting = request.session.pop(_waiting(uid), None)
    if waiting is not None:
        autosave.keep(version, by=user, data=autosave.as_form(waiting), now=now())
    typed = autosave.kept(version, by=user)
    if typed is not None:
        data = autosave.as_form(typed.fields)
        rows = _rows(version, initial=typed_rows(data, ROW_FIELDS) or [{}])
        return _page(request, version, NoticeForm(initial=data.dict()), rows, unsaved=True, typed=typed)
    form = NoticeForm(initial=initial_of(version))
    rows = _rows(version, initial=initial_rows(version) or [{}])
    return _page(request, version, form, rows)


def _waiting(uid: UUID) -> str:
    return f"typed:{uid}"


def _sign_in_first(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The session ended while somebody typed: what was sent waits in this browser's new session."""
    if request.method == "POST":
        request.session[_waiting(uid)] = autosave.fields_of(request.POST)
    return redirect_to_login(request.get_full_path())


@require_POST
@login_required
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Throws away what was typed and not saved."""
    version = version_for(request, uid)
    demand(request.user, Can.WRITE_NOTICE, version)
    user: Any = request.user
    autosave.forget(version, by=user, now=now())
    return redirect("version_edit", uid)


def _save(request: HttpRequest, version: Version) -> HttpResponse:
    user: Any = request.user
    if "start" in request.POST:
        initial, started = filled(version, request.POST["start"])
        started = started or typed_rows(request.POST, ROW_FIELDS) or [{}]
        return _page(request, version, NoticeForm(initial=initial), _rows(version, initial=started), unsaved=True)
    typed = reshaped(request.POST, ROW_FIELDS)
    if typed is not None:
        form = NoticeForm(initial=request.POST.dict())
        return _page(request, version, form, _rows(version, initial=typed), unsaved=True)
    form, rows = NoticeForm(request.POST), _rows(version, request.POST)
    draft = draft_of(form, rows, home_zone=_home_zone(version), now=now())
    if draft is None:
        return _page(request, version, form, rows, status=422)
    for row in rows:
        if row.zone_settled:
            places.confirm_zone(row.zone_of, zone=row.cleaned_data["zone"], by=user, now=now())
    try:
        lifecycle.edit(version, by=user, edit_number=form.cleaned_data["edit_number"], draft=draft, now=now())
    except lifecycle.StaleEdit as stale:
        newer = version_for(request, version.uid)
        return _page(request, newer, form, rows, status=409, stale=stale)
    autosave.forget(version, by=user, now=now(), saved_from=form.cleaned_data["edit_number"])
    messages.success(request, _("Saved."))
    return redirect("version_edit" if "stay" in request.POST else "version_preview", version.uid)


@require_POST
@never_cache
def live(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the page's own panel shows while somebody types; what is typed is kept, the version stays as it is."""
    user: Any = request.user
    if not user.is_authenticated:
        return render(request, "notices/_signed_out.html")
    version = version_for(request, uid)
    demand(user, Can.WRITE_NOTICE, version)
    if version.state not in Version.EDITABLE:
        raise Http404
    autosave.keep(version, by=user, data=request.POST, now=now())
    form, rows = NoticeForm(request.POST), _rows(version, request.POST)
    seen = _outlook(version, form, rows)
    return render(request, "notices/_live.html", {"outlook": seen, "slips": slips(form, rows)})


def _rows(version: Version, data: Any = None, *, initial: Any = None) -> Any:
    usual = KINDS[version.notice.kind].default_status
    return ImpactFormSet(data, initial=initial, prefix="row", form_kwargs={"usual": usual, "now": now()})


def _outlook(version: Version, form: NoticeForm, rows: Any) -> Outlook:
    """What would come of the version as it is typed, or as it is saved where nothing was typed."""
    language = (get_language() or "en")[:2]
    if not form.is_bound or version.state not in Version.EDITABLE:
        return outlook(version, language, now=now())
    form.full_clean()
    rows.full_clean()
    draft = understood(form, rows, home_zone=_home_zone(version), now=now())
    with as_if(version, draft) as imagined:
        return outlook(imagined, language, now=now())


def _home_zone(version: Version) -> str:
    return version.time_zone or places.home_zone(version.notice.office)


def _page(
    request: HttpRequest,
    version: Version,
    form: NoticeForm,
    rows: Any,
    *,
    status: int = 200,
    stale: Any = None,
    unsaved: bool = False,
    typed: Any = None,
) -> HttpResponse:
    facts = {
        "version": version,
        "outlook": _outlook(version, form, rows),
        "unsaved": unsaved,
        "typed": typed,
        "form": form,
        "rows": rows,
        "stale": stale,
        "starts": starts(version) if not form.is_bound else [],
        "kind": KINDS[version.notice.kind],
        "presets": [(key, PRESETS[key][0]) for key in KINDS[version.notice.kind].presets],
        "zone": _home_zone(version),
        "zone_words": zone_name(now(), _home_zone(version)),
        "replaces": version.notice.versions.filter(state=Version.State.ISSUED).first(),
        "places": Place.objects.answered_for(),
        "news": Item.objects.news_about(version.notice),
    }
    return render(request, "notices/edit.html", facts, status=status)
