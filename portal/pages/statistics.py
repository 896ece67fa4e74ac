"""How well the trade was told in the last twelve months: how soon, promises kept, estimates against what came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel.dates import format_date
from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.sheets import write_csv
from base.words import CapStatus
from notices import record
from notices.figures import Fact, Figures, facts_of, figures, is_trouble
from notices.models import ImpactRow, Version
from notices.status_of import key_of
from portal.banner import mark_of_page_of_all
from portal.everybody import public_page

from .drawings import Drawing, by_month

NEEDED = (
    "number", "action", "msg_type", "starts_at", "ends_at", "reopens_earliest", "reopens_latest", "next_update_at",
    "issued_at", "notice__reference", "notice__office__code", "notice__office__names",
)  # fmt: skip


class GroupForm(forms.Form):
    by = forms.ChoiceField(required=False, choices=[("office", "office"), ("place", "place")])


def language() -> str:
    return (get_language() or "en")[:2]


@dataclass(frozen=True)
class Line:
    """One row of a table. `code` leads to the page of a place, where it has one."""

    name: str
    figures: Figures
    code: str = ""
    first: date | None = None


class Year:
    """The facts of twelve months of UTC, the one of `now` last; two queries."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.firsts = record.first_days(now.astimezone(UTC).date())
        self.since = datetime.combine(self.firsts[0], time(), tzinfo=UTC)
        self.offices: dict[str, str] = {}
        self.places: dict[str, tuple[str, str]] = {}

    def _threads(self) -> list[list[Version]]:
        public = Version.objects.public().filter(status=CapStatus.ACTUAL, issued_at__lte=self.now)
        since = self.since
        moved = Q(issued_at__gte=since) | Q(ends_at__gte=since) | Q(next_update_at__gte=since)
        of_the_year = public.filter(notice__in=public.filter(moved).values("notice"))
        return record.threads(of_the_year.select_related("notice__office").only(*NEEDED))

    @cached_property
    def facts(self) -> list[Fact]:
        threads = self._threads()
        rows = ImpactRow.objects.filter(version__in=[thread[0].pk for thread in threads]).select_related("place")
        of: dict[int, list[ImpactRow]] = defaultdict(list)
        for row in rows:
            of[row.version_id].append(row)
            if not row.system:
                self.places[key_of(row)] = row.name_in(language()), row.place.locode if row.place else ""
        found: list[Fact] = []
        for thread in threads:
            office, said = thread[0].notice.office, of[thread[0].pk]
            self.offices[office.code] = office.names.get(language()) or str(office)
            places = tuple({key_of(row) for row in said})
            troubled = is_trouble(row.status for row in said)
            found += facts_of(thread, now=self.now, troubled=troubled, places=places)
        return [fact for fact in found if self.since <= fact.at <= self.now]

    @cached_property
    def whole(self) -> Figures:
        return figures(self.facts)

    @cached_property
    def months(self) -> list[Line]:
        of: dict[date, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            of[fact.at.astimezone(UTC).date().replace(day=1)].append(fact)
        named = ((first, str(format_date(first, "LLLL y", locale=language()))) for first in self.firsts)
        return [Line(name, figures(of[first]), first=first) for first, name in named]

    def by(self, what: str) -> list[Line]:
        """Each office, or each place; a fact about three places counts at each of them."""
        of: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            for key in fact.places if what == "place" else (fact.office,):
                of[key].append(fact)
        names = self.places if what == "place" else {code: (name, "") for code, name in self.offices.items()}
        lines = (Line(*_name(names[key], figures(facts))) for key, facts in of.items() if key in names)
        return sorted(lines, key=lambda line: (line.name.casefold(), line.code))


def _name(named: tuple[str, str], of: Figures) -> tuple[str, Figures, str]:
    return named[0], of, named[1]


def _mark(request: HttpRequest) -> str:
    now = clock_now()
    # What is late grows with the clock, and so does its median.
    return mark_of_page_of_all(request, now=now, also=[now.replace(minute=0, second=0, microsecond=0)])


def _drawing(months: Sequence[Line], value: Callable[[Figures], float | None], **look: Any) -> Drawing:
    return by_month([(line.first, value(line.figures)) for line in months if line.first], **look)


def _hours(span: timedelta | None) -> float | None:
    return None if span is None else span / timedelta(hours=1)


@require_safe
@public_page
@condition(etag_func=_mark)
def statistics(request: HttpRequest) -> HttpResponse:
    year, form = Year(clock_now()), GroupForm(request.GET)
    if not form.is_valid():
        return render(request, "portal/statistics.html", {"now": year.now, "wrong": True}, status=400)
    by = form.cleaned_data["by"] or "office"
    context = {
        "now": year.now,
        "whole": year.whole,
        "months": [line for line in year.months if line.figures.any],
        "by": by,
        "groups": year.by(by),
        "told": _drawing(year.months, lambda one: _hours(one.to_notice), unit=_("h")),
        "kept": _drawing(year.months, lambda one: one.kept_percent, unit="%", lines=2),
        "within": _drawing(year.months, lambda one: one.within_percent, unit="%", lines=2),
    }
    return render(request, "portal/statistics.html", context)


HEADINGS = (
    gettext_lazy("Closures told after their start"), gettext_lazy("Minutes to notice (median)"),
    gettext_lazy("Promised updates"), gettext_lazy("In time"), gettext_lazy("Minutes late (median)"),
    gettext_lazy("Estimates"), gettext_lazy("Within the estimate"),
    gettext_lazy("Minutes from estimate to actual (median)"),
)  # fmt: skip


def _minutes(span: timedelta | None) -> int | str:
    return "" if span is None else round(span / timedelta(minutes=1))


def _cells(of: Figures) -> list[Any]:
    return [
        of.told, _minutes(of.to_notice), of.promised, of.in_time, _minutes(of.late_by), of.estimated, of.within,
        _minutes(of.off),
    ]  # fmt: skip


@require_safe
@public_page
@condition(etag_func=_mark)
def statistics_csv(request: HttpRequest) -> HttpResponse:
    """The numbers of the page: months, offices and places, one line each; the first column says which."""
    year = Year(clock_now())
    lines = [[_("Month"), f"{line.first:%Y-%m}", "", *_cells(line.figures)] for line in year.months]
    for what, name in (("office", _("Office")), ("place", _("Place"))):
        lines += [[name, line.name, line.code, *_cells(line.figures)] for line in year.by(what)]
    headings = [_("Group"), _("Name"), _("Code"), *map(str, HEADINGS)]
    return HttpResponse(write_csv(headings, lines), content_type="text/csv; charset=utf-8")
