"""Pages and feeds for everybody: no account, no cookie, one query behind all of them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from base.clock import now as clock_now
from notices.cards import Card, card, cards
from notices.filters import NoticeFilter
from notices.formats import atom, plain_json
from notices.models import Notice, Version
from notices.render import permanent_url

# Short at the reader, shorter at the proxy: everybody sees a change within 15 s (docs: caching).
public_page = cache_control(public=True, max_age=4, s_maxage=1, stale_while_revalidate=3, stale_if_error=3600)
RECENTLY = timedelta(hours=24)


def language() -> str:
    return (get_language() or "en")[:2]


def _in_force(request: HttpRequest) -> list[Card]:
    now = clock_now()
    found = NoticeFilter(request.GET, Notice.objects.in_force(now)).qs
    return cards(found.for_cards(), language(), now)


@require_safe
@public_page
@conditional_page
def home(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    found = _in_force(request)
    over = Notice.objects.published(now).exclude(pk__in=[c.notice.pk for c in found]).over_since(now - RECENTLY, now)
    current = [c for c in found if c.state == "current"]
    return render(
        request,
        "portal/home.html",
        {
            "now": now,
            "lead": current[0] if current else None,
            "others": current[1:],
            "planned": [c for c in found if c.state == "planned"],
            "due": sorted(
                (c for c in found if c.version.next_update_at), key=lambda c: c.version.next_update_at or now
            ),
            "over": cards(over.for_cards(), language(), now),
            "query": request.GET.get("q", ""),
            "filters": request.GET.urlencode(),
        },
    )


@require_safe
@public_page
@conditional_page
def notice(request: HttpRequest, reference: str, number: int | None = None) -> HttpResponse:
    """The permanent page of a notice, or of one version of it."""
    now = clock_now()
    versions = list(
        Version.objects.public()
        .filter(notice__reference=reference, issued_at__lte=now)
        .select_related("notice__office")
        .prefetch_related("texts", "rows__place")
        .order_by("-number")
    )
    shown = next((v for v in versions if number in (None, v.number)), None)
    if shown is None:
        raise Http404(_("There is no notice with this number."))
    return render(
        request,
        "portal/notice.html",
        {
            "now": now,
            "card": card(shown, language(), now),
            "places": list(dict.fromkeys(row.place or row.place_name for row in shown.rows.all())),
            "permanent_url": permanent_url(shown),
            "versions": versions,
            "newest": versions[0],
        },
    )


@require_safe
def permanent(request: HttpRequest, reference: str, number: int | None = None) -> HttpResponse:
    """`/n/<reference>[/<version>]` never changes; it leads to the page in the reader's language."""
    wanted = get_language_from_request(request)[:2]
    tail = f"{number}/" if number else ""
    return redirect(f"/{wanted}/n/{reference}/{tail}")


@require_safe
@public_page
@conditional_page
def feed_atom(request: HttpRequest) -> HttpResponse:
    # The published address, never the one of the request: a feed's id lasts, and a shared cache keeps this answer.
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    document = atom.feed(
        _in_force(request),
        title=_("Customs notices in force"),
        self_url=f"{settings.FAIRWAY_SITE_URL}{reverse('feed_atom')}{query}",
        page_url=f"{settings.FAIRWAY_SITE_URL}{reverse('home')}{query}",
        language=language(),
        now=clock_now(),
    )
    return HttpResponse(document, content_type=f"{atom.MEDIA_TYPE}; charset=utf-8")


@require_safe
@public_page
@conditional_page
def notices_json(request: HttpRequest) -> HttpResponse:
    document = plain_json.document(_in_force(request), now=clock_now())
    return HttpResponse(document, content_type=f"{plain_json.MEDIA_TYPE}; charset=utf-8")
