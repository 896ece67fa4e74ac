"""The page of one place: what holds now, what is planned, what was, and how promises fared; a poster for its gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from babel import Locale
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.qr import qr
from base.sheets import write_csv
from base.words import STATUS_RANK, PlaceStatus
from contacts.models import Place
from notices.board import standings
from notices.cards import Card, card
from notices.formats import FEEDS
from notices.models import Version
from portal.banner import page_mark
from portal.everybody import public_page

from .past import TABLES, Past, headed, public_versions


def language() -> str:
    return (get_language() or "en")[:2]


def _place(locode: str) -> Place:
    place = Place.objects.filter(locode=locode.upper()).first()
    if place is None:
        raise Http404(_("There is no place with this code."))
    return place


def _mark(request: HttpRequest, locode: str, what: str = "") -> str:
    now = clock_now()
    place = Place.objects.filter(locode=locode.upper()).first()
    return page_mark(request, public_versions(place, now) if place else Version.objects.none(), now=now)


@require_safe
@public_page
@condition(etag_func=_mark)
def place(request: HttpRequest, locode: str) -> HttpResponse:
    if locode != locode.upper():
        return redirect("place", locode.upper(), permanent=True)
    now, found = clock_now(), _place(locode)
    past = Past(found, now)
    newest = [card(thread[-1], language(), now, thread[0].issued_at) for thread in past.threads]
    states = [_state_here(one, found, now) for one in newest]
    everywhere = standings([found], now=now, language=language())
    context = {
        "now": now,
        "feeds": FEEDS,
        "filters": f"place={found.locode}",
        "place": found,
        "country": Locale.parse(language()).territories.get(found.country, found.country),
        "standing": next(one for one in everywhere if one.code == locode),
        "current": _worst_first(one for one, state in zip(newest, states, strict=True) if state == "current"),
        "planned": _worst_first(one for one, state in zip(newest, states, strict=True) if state == "planned"),
        "past": past,
    }
    return render(request, "portal/place.html", context)


def _state_here(one: Card, place: Place, now: datetime) -> str:
    """By the rows of this place: they may begin later and end sooner than the notice, or be gone from it."""
    here = [row for row in one.version.rows.all() if row.place_id == place.pk]
    lasting = [row.starts_at for row in here if row.ends_at is None or row.ends_at > now]
    if one.past or not lasting:
        return "over"
    return "planned" if min(lasting) > now else "current"


def _worst_first(found: Iterable[Card]) -> list[Card]:
    return sorted(found, key=lambda one: STATUS_RANK[PlaceStatus(one.status)])


@require_safe
@public_page
@condition(etag_func=_mark)
def place_csv(request: HttpRequest, locode: str, what: str) -> HttpResponse:
    """The numbers of one of the drawings."""
    if what not in TABLES:
        raise Http404
    headings, rows = headed(TABLES[what](Past(_place(locode), clock_now())))
    answer = HttpResponse(write_csv(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{locode}-{what}.csv"'  # twelve places, twelve names
    return answer


@require_safe
@public_page
def poster(request: HttpRequest, locode: str) -> HttpResponse:
    """One sheet for the gate: whoever stands before it reads the place's page on a telephone."""
    found = _place(locode)
    url = f"{settings.FAIRWAY_SITE_URL}{reverse('place', args=[found.locode])}"
    return render(request, "portal/poster.html", {"place": found, "url": url, "code": qr(url)})
