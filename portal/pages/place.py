"""The page of one place: what holds now, what is planned, what was, and how promises fared; a poster for its gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date
from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base import charts
from base.clock import now as clock_now
from base.qr import qr
from base.sheets import write_csv
from base.words import STATUS_RANK, PlaceStatus
from contacts.models import Place
from notices import record
from notices.board import standings
from notices.cards import Card, card
from notices.formats import FEEDS
from notices.models import ImpactRow, Version
from portal.banner import page_mark
from portal.everybody import public_page

RECORD = timedelta(days=90)
HISTORY = 20


def language() -> str:
    return (get_language() or "en")[:2]


def _place(locode: str) -> Place:
    place = Place.objects.filter(locode=locode.upper()).first()
    if place is None:
        raise Http404(_("There is no place with this code."))
    return place


def _public(place: Place, now: datetime) -> Any:
    """Every version that went out and speaks of the place, with the versions of its thread that do not."""
    speaking = Version.objects.filter(rows__place=place, status="Actual").values("notice")
    return Version.objects.public().filter(notice__in=speaking, status="Actual", issued_at__lte=now)


@dataclass(frozen=True)
class Past:
    """What the versions of a place tell of its past."""

    place: Place
    threads: Sequence[Sequence[Version]]
    now: datetime

    @property
    def months(self) -> list[record.Month]:
        code = self.place.locode
        spans = [span for thread in self.threads for span in record.shut_spans(thread, code, now=self.now)]
        return record.by_month(spans, zone=self.place.time_zone, now=self.now)

    @property
    def reopenings(self) -> list[record.Reopening]:
        found = [one for thread in self.threads if (one := record.reopening(thread, now=self.now))]
        return sorted(found, key=lambda one: one.actual_at, reverse=True)

    @property
    def kept(self) -> record.Kept:
        recent = [thread for thread in self.threads if thread[-1].sent_at >= self.now - RECORD]
        return record.kept(recent, now=self.now)

    @property
    def spells(self) -> list[record.Spell]:
        found = [one for thread in self.threads for one in record.spells(thread, self.place.locode, now=self.now)]
        return sorted(found, key=lambda one: one.starts_at, reverse=True)[:HISTORY]


def _past(place: Place, now: datetime) -> Past:
    rows = Prefetch("rows", queryset=ImpactRow.objects.select_related("place").order_by("position"))
    versions = _public(place, now).select_related("notice__office").prefetch_related("texts", rows)
    return Past(place, record.threads(versions), now)


def _mark(request: HttpRequest, locode: str) -> str:
    now = clock_now()
    place = Place.objects.filter(locode=locode.upper()).first()
    return page_mark(request, _public(place, now) if place else Version.objects.none(), now=now)


def _drawn(months: Sequence[record.Month], form: str, width: int) -> charts.Chart:
    """`form`: how months are named, as CLDR writes it: "LLL" Nov, "LLLLL" N."""
    named = [(str(format_date(month.first, form, locale=language())), month.hours) for month in months]
    return charts.bars(named, unit=_("h"), width=width)


@require_safe
@public_page
@condition(etag_func=_mark)
def place(request: HttpRequest, locode: str) -> HttpResponse:
    if locode != locode.upper():
        return redirect("place", locode.upper(), permanent=True)
    now, found = clock_now(), _place(locode)
    past = _past(found, now)
    newest = [card(thread[-1], language(), now, thread[0].issued_at) for thread in past.threads]
    everywhere = standings([found], now=now, language=language())
    months = past.months
    context = {
        "now": now,
        "feeds": FEEDS,
        "filters": f"place={found.locode}",
        "place": found,
        "standing": next(one for one in everywhere if one.code == locode),
        "current": _in_state(newest, "current"),
        "planned": _in_state(newest, "planned"),
        "past": past,
        "months": months,
        "hours": sum(month.hours for month in months),
        "wide": _drawn(months, "LLL", charts.WIDTH),
        "narrow": _drawn(months, "LLLLL", charts.NARROW),
    }
    return render(request, "portal/place.html", context)


def _in_state(found: Sequence[Card], state: str) -> list[Card]:
    """The worst first."""
    return sorted((one for one in found if one.state == state), key=lambda one: STATUS_RANK[PlaceStatus(one.status)])


@require_safe
@public_page
@condition(etag_func=_mark)
def place_csv(request: HttpRequest, locode: str) -> HttpResponse:
    """Hours of downtime by month: the numbers of the drawing."""
    months = _past(_place(locode), clock_now()).months
    rows = ([f"{month.first:%Y-%m}", round(month.hours, 2)] for month in months)
    return HttpResponse(write_csv([_("Month"), _("Hours")], rows), content_type="text/csv; charset=utf-8")


@require_safe
@public_page
def poster(request: HttpRequest, locode: str) -> HttpResponse:
    """One sheet for the gate: whoever stands before it reads the place's page on a telephone."""
    found = _place(locode)
    url = f"{settings.FAIRWAY_SITE_URL}{reverse('place', args=[found.locode])}"
    return render(request, "portal/poster.html", {"place": found, "url": url, "code": qr(url)})
