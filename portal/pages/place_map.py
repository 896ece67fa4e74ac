"""The map: every place that has coordinates as a mark, and every place, with and without, in the list beside it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from contacts.models import Place
from notices.formats import FEEDS
from portal.everybody import public_page
from portal.map.marks import NARROW, WIDE, drawing

from .board import asked_of, board_mark, notice_filters


@require_safe
@public_page
@condition(etag_func=board_mark)
def place_map(request: HttpRequest) -> HttpResponse:
    """The same filters as the board, by the same words."""
    now = clock_now()
    form, found = asked_of(request, now)
    codes = [one.code for one in found if one.code]
    places = {place.locode: place for place in Place.objects.filter(locode__in=codes)}
    context = {
        "now": now,
        "form": form,
        "wide": drawing(found, places, WIDE),
        "narrow": drawing(found, places, NARROW),
        "standings": found,
        "nowhere": [one for one in found if not _is_located(places.get(one.code))],
        "feeds": FEEDS,
        "filters": notice_filters(form),
    }
    return render(request, "portal/map.html", context, status=400 if form.errors else 200)


def _is_located(place: Place | None) -> bool:
    return place is not None and place.longitude is not None and place.latitude is not None
