"""What came from outside: the inbox of one's offices, a file brought by hand, and the sources that are looked at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import Can, demand, may
from base.clock import now
from base.errors import Refused
from contacts import places
from contacts.models import Organisation
from notices.incoming import keeping, mapping, sources, using
from notices.incoming.forms import DraftForm, SourceForm, UploadForm
from notices.incoming.judging import judged
from notices.incoming.words import State
from notices.models import Item, Source
from notices.policies import offices_written_for
from notices.views.common import tell

SHOWN, DONE = 200, 30


def _items(request: HttpRequest) -> Any:
    demand(request.user, Can.SEE_DRAFTS, None)
    return Item.objects.visible_to(request.user).select_related("office", "source", "notice", "uploaded_by")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits; a POST brings a file."""
    user: Any = request.user
    items = _items(request)
    offices = offices_written_for(user)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*sent, offices=offices) if offices else None
    if request.method == "POST":
        demand(user, Can.USE_INCOMING, None)
        if form is not None and form.is_valid():
            try:
                facts = form.cleaned_data
                item, new = using.upload(facts["file"], office=facts["office"], by=user, now=now())
            except Refused as refused:
                form.add_error("file" if refused.field in form.fields else None, str(refused))
            else:
                said = _("Here is what it says.") if new else _("This message was here already.")
                messages.success(request, said)
                return redirect("incoming_item", item.uid)
    facts = {
        "waiting": list(items.waiting()[:SHOWN]),
        "done": list(items.exclude(pk__in=items.waiting()).order_by("-fetched_at")[:DONE]),
        "sources": Source.objects.visible_to(user),
        "form": form,
        "may_use": may(user, Can.USE_INCOMING),
        "may_keep": may(user, Can.KEEP_SOURCES),
    }
    return render(request, "notices/inbox.html", facts, status=422 if form is not None and form.errors else 200)


def _offices_for(user: Any, item: Item) -> Any:
    """The offices in whose name `user` may write of it: the item's own first."""
    mine = offices_written_for(user)
    return mine if mine.exists() else Organisation.objects.filter(pk=item.office_id)


def _form(request: HttpRequest, item: Item, where: list[mapping.Spot]) -> DraftForm:
    found = item.found
    sent = request.POST if request.method == "POST" else None
    initial = {"kind": mapping.kind_of(found, where), "office": item.office_id}
    return DraftForm(sent, offices=_offices_for(request.user, item), may_end=bool(found.expires), initial=initial)


@require_safe
@login_required
@never_cache
def item(request: HttpRequest, uid: UUID) -> HttpResponse:
    shown = get_object_or_404(_items(request), uid=uid)
    where = mapping.spots(shown.found)
    return _page(request, shown, _form(request, shown, where), where)


def _page(
    request: HttpRequest, item: Item, form: DraftForm, where: list[mapping.Spot], *, status: int = 200
) -> HttpResponse:
    found = item.found
    facts = {
        "item": item,
        "found": found,
        "texts": mapping.texts(found),
        "foreign": mapping.foreign_languages(found),
        "levels": _levels(mapping.levels(found)),
        "where": where,
        "faults": judged(bytes(item.document), item.title)[1] if item.state == State.UNREADABLE else [],
        "told": using.source_of(item, found),
        "zone": places.home_zone(item.office),
        "form": form,
        "may_use": may(request.user, Can.USE_INCOMING, item),
        "cancels": found.msg_type == "Cancel",
    }
    return render(request, "notices/incoming_item.html", facts, status=status)


def _levels(found: dict[str, str]) -> list[tuple[Any, Any]]:
    names = {"severity": _("Severity"), "urgency": _("Urgency"), "certainty": _("Certainty")}
    return [(names[name], words(found[name]).label) for name, words in mapping.LEVELS if name in found]


@require_POST
@login_required
def act(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """One button of the item."""
    user: Any = request.user
    found = get_object_or_404(_items(request), uid=uid)
    demand(user, Can.USE_INCOMING, found)
    if verb == "draft":
        return _draft(request, found)
    try:
        if verb == "revise":
            return redirect("version_edit", using.revise(found, by=user, now=now()).uid)
        if verb == "aside":
            keeping.put_aside(found, by=user, now=now())
            messages.success(request, _("Put aside. It stands among what was dealt with."))
            return redirect("incoming")
        if verb == "back":
            keeping.take_back(found, by=user, now=now())
            return redirect("incoming_item", uid)
    except Refused as refused:
        tell(request, refused)
        return redirect("incoming_item", uid)
    raise Http404


def _draft(request: HttpRequest, found: Item) -> HttpResponse:
    user: Any = request.user
    where = mapping.spots(found.found)
    form = _form(request, found, where)
    if not form.is_valid():
        return _page(request, found, form, where, status=422)
    wish = {"ends": False, **form.cleaned_data}
    try:
        version = using.draft(found, by=user, now=now(), **wish)
    except Refused as refused:
        tell(request, refused)
        return redirect("incoming_item", found.uid)
    messages.success(request, _("This is a draft now. Check it, and say what is closed or open to whom."))
    return redirect("version_edit", version.uid)


# --- Sources ------------------------------------------------------------------------------------------------------


@require_safe
@login_required
@never_cache
def source_list(request: HttpRequest) -> HttpResponse:
    demand(request.user, Can.SEE_DRAFTS, None)
    found = Source.objects.visible_to(request.user).select_related("office", "added_by")
    rows = [(one, may(request.user, Can.KEEP_SOURCES, one.office)) for one in found]
    facts = {"rows": rows, "may_keep": may(request.user, Can.KEEP_SOURCES)}
    return render(request, "notices/sources.html", facts)


def _offices_kept(user: Any) -> Any:
    every = Organisation.objects.filter(kind=Organisation.Kind.OFFICE)
    return every if may(user, Can.SEE_HEADQUARTERS) else offices_written_for(user)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def source_new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    demand(user, Can.KEEP_SOURCES)
    form = SourceForm(request.POST if request.method == "POST" else None, offices=_offices_kept(user))
    if form.is_valid():
        try:
            sources.add(**form.cleaned_data, by=user, now=now())
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("Added. It is looked at within a minute."))
            return redirect("sources")
    return render(request, "notices/source_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_required
def source_act(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    demand(request.user, Can.SEE_DRAFTS, None)
    source = get_object_or_404(Source.objects.visible_to(request.user).select_related("office"), uid=uid)
    if verb not in sources.VERBS:
        raise Http404
    said = sources.VERBS[verb](source, by=request.user, now=now())  # type: ignore[arg-type]
    messages.success(request, said)
    return redirect("sources")
