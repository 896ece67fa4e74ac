"""The page of a crisis: what is going on, the places, notices, contacts, pages of partners, and what was changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.text import labelled
from contacts.models import Place
from notices.board import Standing, standings
from notices.cards import cards
from notices.crisis import notices_of
from notices.marks import shown_lately
from notices.models import Crisis, CrisisChange, Version
from portal.banner import page_mark
from portal.everybody import public_page

from .board import HEADINGS, row_of
from .call_list import lines

LOOKS = {"crisis": ("s-closed", "warn"), "watch": ("s-partly", "warn"), "normal": ("s-unknown", "info")}
Change = CrisisChange.What


@dataclass(frozen=True)
class Changed:
    """A row of the log in the language of the page."""

    words: str
    at: datetime


def language() -> str:
    return (get_language() or "en")[:2]


def _mark_of_all(request: HttpRequest) -> str:
    every = [one.mark for one in Crisis.objects.all()]
    return page_mark(request, Version.objects.none(), now=clock_now(), also=every)


@require_safe
@public_page
@condition(etag_func=_mark_of_all)
def crises(request: HttpRequest) -> HttpResponse:
    """What is going on now, or that nothing is; and what is over."""
    found = Crisis.objects.prefetch_related("places")
    return render(request, "portal/crises.html", {"now": clock_now(), "open": found.open(), "over": found.over()})


def _mark(request: HttpRequest, reference: str) -> str | None:
    found = Crisis.objects.filter(reference=reference).first()
    if found is None:
        return None
    now = clock_now()
    told = Q(notice__in=notices_of(found, now=now))
    # The table of an open page tells of every notice in force at its places, chosen or not.
    told |= Q(pk__in=shown_lately(now).filter(rows__place__in=found.places.all())) if found.is_open else Q()
    versions = Version.objects.filter(told, state=Version.State.ISSUED)
    return page_mark(request, versions, now=now, also=[found.mark])


@require_safe
@public_page
@condition(etag_func=_mark)
def crisis(request: HttpRequest, reference: str) -> HttpResponse:
    """The permanent page: while it lasts, and as an archive."""
    if reference != reference.upper():
        return redirect("crisis", reference.upper(), permanent=True)
    found = Crisis.objects.filter(reference=reference).prefetch_related("places", "partners", "changes").first()
    if found is None:
        raise Http404(_("There is no crisis page with this number."))
    now = clock_now()
    standing = _standings(found, now)
    due = [one for one in standing if one.next_update_at]
    context: dict[str, Any] = {
        "now": now,
        "crisis": found,
        "look": LOOKS[found.level],
        "rows": [row_of(one, now) for one in standing],
        "headings": HEADINGS.values(),
        "due": min(due, key=lambda one: one.next_update_at or now, default=None),
        "stood": _stood(found),
        "cards": cards(notices_of(found, now=now).for_cards(), language(), now),
        "offices": _offices(found, now),
        "log": _log(found),
    }
    return render(request, "portal/crisis.html", context)


def _standings(found: Crisis, now: datetime) -> list[Standing]:
    """How its places stand; nothing once it is over, since that would be of another day."""
    if not found.is_open:
        return []
    places = list(found.places.all())
    codes = {place.locode for place in places}
    return [one for one in standings(places, now=now, language=language()) if one.code in codes]


def _stood(found: Crisis) -> list[tuple[Place, str]]:
    """How they stood as it closed."""
    places = {place.locode: place for place in found.places.all()}
    return [(places[code], status) for code, status in found.archive.get("places", [])]


def _offices(found: Crisis, now: datetime) -> list[Any]:
    """What is published of the offices that answer for the places; numbers of an archive would be old ones."""
    if not found.is_open:
        return []
    codes = {place.locode for place in found.places.all()}
    return [
        line for line in lines(now) if (line.always or line.said) and codes & {place.locode for place in line.places}
    ]


def _log(found: Crisis) -> list[Changed]:
    changes = list(found.changes.all())
    about_places = [one for one in changes if one.what in (Change.PLACES_ADDED, Change.PLACES_REMOVED)]
    codes = {code for one in about_places for code in one.about}
    names = {place.locode: place.name for place in Place.objects.filter(locode__in=codes)}
    return [Changed(_words(one, names), one.at) for one in changes]


def _words(change: CrisisChange, names: dict[str, str]) -> str:
    about: Iterable[str] = (names.get(one, one) for one in change.about)
    said = str(change.get_what_display())
    return labelled(said, ", ".join(about)) if change.about else said
