"""The status board: every place with what it is now, for everybody, as a page and as a table to keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base.charts import tally
from base.clock import brief
from base.clock import now as clock_now
from base.sheets import moment, write_csv
from base.templatetags.fairway import QUARTER_S, sprite
from base.words import Mode, PlaceStatus
from contacts.models import Place
from contacts.models.places import words_of
from notices.board import COLUMNS, SORTS, Standing, standings
from notices.formats import FEEDS
from portal.banner import mark_of_page_of_all
from portal.everybody import public_page

NOT_OPEN = "not_open"
HEADINGS = {
    "cargo_import": gettext_lazy("Cargo in"),
    "cargo_export": gettext_lazy("Cargo out"),
    "cargo_transit": gettext_lazy("Transit"),
    "perishables": gettext_lazy("Perishables"),
    "travellers": gettext_lazy("Travellers"),
}
CHOICE = forms.Select({"class": "f-in"})
STRANGE = 20  # places of the world's list that a search shows beside none of ours


class BoardForm(forms.Form):
    """What to show of the board; an unknown word is an error and then nothing is shown."""

    q = forms.CharField(
        label=gettext_lazy("Name, old name or code"), required=False, max_length=100,
        widget=forms.TextInput({"class": "f-in", "type": "search"}),
    )  # fmt: skip
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, widget=CHOICE,
        choices=[("", gettext_lazy("Any status")), (NOT_OPEN, gettext_lazy("Not open")), *PlaceStatus.choices],
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"), required=False, widget=CHOICE,
        choices=[("", gettext_lazy("Any mode")), *Mode.choices],
    )  # fmt: skip
    traffic = forms.ChoiceField(
        label=gettext_lazy("Traffic"), required=False, widget=CHOICE,
        choices=[("", gettext_lazy("All traffic")), *HEADINGS.items()],
    )  # fmt: skip
    sort = forms.ChoiceField(
        label=gettext_lazy("Order"), required=False, widget=CHOICE,
        choices=[("", gettext_lazy("Worst first")), ("update", gettext_lazy("Next update")),
                 ("name", gettext_lazy("Name"))],
    )  # fmt: skip


def language() -> str:
    return (get_language() or "en")[:2]


def _places(asked: dict[str, str]) -> list[Place]:
    ours = Place.objects.answered_for()
    if asked["q"] and not words_of(asked["q"]):
        return []  # signs and letters that no name of ours is written in
    found = list(ours.search(asked["q"])) if asked["q"] else list(ours)
    if asked["q"] and not found:
        found = list(Place.objects.nearest(asked["q"])[:STRANGE])
    return [place for place in found if not asked["mode"] or asked["mode"] in place.modes]


def _is_meant(one: Standing, asked: dict[str, str]) -> bool:
    """A place without a code stands in no list that could be searched."""
    words, name = words_of(asked["q"]), words_of(one.name)
    named = all(any(part.startswith(word) for part in name) for word in words) and bool(words)
    return (named or not asked["q"]) and (not asked["mode"] or asked["mode"] in one.modes)


def _fits(one: Standing, asked: dict[str, str]) -> bool:
    column = next((place for place, column in enumerate(COLUMNS) if column.key == asked["traffic"]), None)
    status = one.status if column is None else one.columns[column]
    wanted = asked["status"]
    return not wanted or (status != PlaceStatus.OPEN if wanted == NOT_OPEN else status == wanted)


def asked_of(request: HttpRequest, now: datetime) -> tuple[BoardForm, list[Standing]]:
    form = BoardForm(request.GET)
    if not form.is_valid():
        return form, []
    asked = form.cleaned_data
    found = standings(_places(asked), now=now, language=language())
    shown_ones = [one for one in found if (one.code or _is_meant(one, asked)) and _fits(one, asked)]
    return form, sorted(shown_ones, key=SORTS[asked["sort"] or "worst"])


def notice_filters(form: BoardForm) -> str:
    """What feeds can ask of it too: they tell of notices, not of places."""
    asked = {name: form.cleaned_data.get(name) for name in ("q", "mode")} if form.is_valid() else {}
    return urlencode({name: value for name, value in asked.items() if value})


def row_of(one: Standing, now: datetime) -> SafeString:
    """The line of a place as HTML: written anew when one of its facts changes, and each minute that it names."""
    due = one.next_update_at
    late = brief(now - due) if due and due < now else ""
    minute = replace(one, as_of=one.as_of.replace(second=0, microsecond=0))
    quarter = int(now.timestamp() // QUARTER_S)
    return _row(minute, one.reopens, late, one.overdue(now), quarter, get_language() or "en", sprite())


@lru_cache(maxsize=4096)
def _row(
    one: Standing, about: object, late: str, overdue: bool, quarter: int, language: str, sprite: str
) -> SafeString:
    told = {"one": one, "late": late, "overdue": overdue, "headings": _headings()}
    return render_to_string("portal/_standing.html", told)


def _headings() -> list[str]:
    return [str(heading) for heading in HEADINGS.values()]


def board_mark(request: HttpRequest) -> str:
    return mark_of_page_of_all(request, now=clock_now())


@require_safe
@public_page
@condition(etag_func=board_mark)
def board(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    form, found = asked_of(request, now)
    counts = [(status, sum(one.status == status for one in found)) for status in PlaceStatus.values]
    counts = [(status, count) for status, count in counts if count]
    context: dict[str, Any] = {
        "now": now,
        "form": form,
        "rows": [row_of(one, now) for one in found],
        "headings": _headings(),
        "counts": counts,
        "tally": tally(counts),
        "late": [one for one in found if one.late(now)],
        "feeds": FEEDS,
        "filters": notice_filters(form),
        "own_filters": "" if form.errors else request.GET.urlencode(),
    }
    return render(request, "portal/board.html", context, status=400 if form.errors else 200)


@require_safe
@public_page
@condition(etag_func=board_mark)
def board_csv(request: HttpRequest) -> HttpResponse:
    """The same view as a table; an unknown word in its address is answered with 400."""
    now = clock_now()
    form, found = asked_of(request, now)
    headings = [
        _("Code"), _("Place"), _("Country"), _("Status"), *(str(heading) for heading in HEADINGS.values()),
        _("Notice"), _("What it means"), _("Next update (local)"), _("As of (local)"), _("Time zone"),
        _("Next update (UTC)"), _("As of (UTC)"), _("Reopens, earliest (UTC)"), _("Reopens, latest (UTC)"),
        _("Source"),
    ]  # fmt: skip
    lines = (
        [
            one.code, one.name, one.country, PlaceStatus(one.status).label,
            *(PlaceStatus(status).label for status in one.columns),
            one.version.notice.reference if one.version else "", one.said,
            moment(one.next_update_at, one.zone), moment(one.as_of, one.zone), one.zone,
            moment(one.next_update_at), moment(one.as_of), moment(one.reopens[0]), moment(one.reopens[1]), one.source,
        ]
        for one in found
    )  # fmt: skip
    return HttpResponse(
        write_csv(headings, lines), content_type="text/csv; charset=utf-8", status=400 if form.errors else 200
    )
