"""Pages and feeds for everybody: one query behind all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.text import labelled
from notices import by_place, changes
from notices.cards import Card, card, cards, cards_in_order
from notices.filters import NoticeFilter, asked_among, asks_history
from notices.formats import FEEDS, cap
from notices.formats.shape import KEPT, Edition, Feed
from notices.marks import mark, mark_of_all
from notices.models import Notice, Version
from notices.querysets import VersionQuerySet
from notices.render import pass_on, permanent_url
from portal import sheet
from portal.banner import page_mark
from portal.everybody import public_page, without_session

RECENTLY = timedelta(hours=24)
MOST = 500  # of everything ever published, on one page of a feed


class PageForm(forms.Form):
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)


def language() -> str:
    return (get_language() or "en")[:2]


def _asked_of_home(request: HttpRequest, now: datetime) -> NoticeFilter:
    return NoticeFilter(request.GET, Notice.objects.in_force_or_over(now, since=now - RECENTLY), now=now)


def _asked_of_feed(request: HttpRequest, now: datetime) -> NoticeFilter:
    return NoticeFilter(request.GET, asked_among(request.GET, now=now, over_for=KEPT), now=now)


def _mark_of_set(request: HttpRequest, feed: Feed | None = None) -> str | None:
    now = clock_now()
    if feed and asks_history(request.GET):
        return mark_of_all(language=language(), now=now, also=_day(feed, now))
    asked = _asked_of_feed(request, now) if feed else _asked_of_home(request, now)
    if not asked.is_valid():
        return None
    shown = Version.objects.filter(notice__in=asked.qs, state=Version.State.ISSUED)
    if feed is None:
        return page_mark(request, shown, now=now)
    return mark(shown, language=language(), now=now, also=_day(feed, now))


def _day(feed: Feed, now: datetime) -> list[date]:
    return [now.astimezone(UTC).date()] if feed.daily else []


@require_safe
@public_page
@condition(etag_func=_mark_of_set)
def home(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    asked = _asked_of_home(request, now)
    found: list[Card] = cards(asked.qs.for_cards(), language(), now)
    current = [c for c in found if c.state == "current"]
    return render(
        request,
        "portal/home.html",
        {
            "now": now,
            "wrong": [labelled(field.label, error) for field in asked.form for error in field.errors],
            "lead": current[0] if current else None,
            "others": current[1:],
            "planned": [c for c in found if c.state == "planned"],
            "due": sorted(
                (c for c in found if c.version.next_update_at and not c.past),
                key=lambda c: c.version.next_update_at or now,
            ),
            "over": [c for c in found if c.past],
            "asked": "" if asked.errors else asked.in_words,
            "query": request.GET.get("q", ""),
            "feeds": FEEDS,
            "filters": "" if asked.errors else request.GET.urlencode(),
        },
        status=400 if asked.errors else 200,
    )


def _issued(reference: str, now: datetime) -> VersionQuerySet:
    """An exercise too: whoever has its address may read it; it says what it is, and nothing leads there."""
    found: VersionQuerySet = Version.objects.public().filter(notice__reference=reference, issued_at__lte=now)
    return found


def _mark_of_notice(request: HttpRequest, reference: str, number: int | None = None) -> str:
    now = clock_now()
    return page_mark(request, _issued(reference, now), now=now)


@require_safe
@public_page
@condition(etag_func=_mark_of_notice)
def notice(request: HttpRequest, reference: str, number: int | None = None) -> HttpResponse:
    """The permanent page of a notice, or of one version of it."""
    if reference != reference.upper():
        numbered = ("notice_version", reference.upper(), number) if number else ("notice", reference.upper())
        return redirect(*numbered, permanent=True)
    now = clock_now()
    found = _issued(reference, now).select_related("notice__office").order_by("-number")
    versions = list(found.prefetch_related("texts", "rows__place", "rows__agency"))
    shown = next((v for v in versions if number in (None, v.number)), None)
    if shown is None:
        raise Http404(_("There is no notice with this number."))
    before = next((v for v in versions if v.number < shown.number), None)
    made = card(shown, language(), now)
    lines = [] if made.past else by_place.lines(shown, language())
    worth_passing_on = shown is versions[0] and made.state != "over"
    return render(
        request,
        "portal/notice.html",
        {
            "now": now,
            "before": before,
            "changes": changes.between(before, shown, language()) if before else [],
            "card": made,
            "lines": lines,
            "sheet": sheet.of(made, lines),
            "pass_on": pass_on(shown, language(), now=now) if worth_passing_on else "",
            "permanent_url": permanent_url(shown),
            "versions": versions,
            "newest": versions[0],
        },
    )


@require_safe
@without_session
def permanent(request: HttpRequest, reference: str, number: int | None = None) -> HttpResponse:
    """`/n/<reference>[/<version>]` never changes; it leads to the page in the reader's language."""
    wanted = get_language_from_request(request)[:2]
    tail = f"{number}/" if number else ""
    return redirect(f"/{wanted}/n/{reference.upper()}/{tail}")


def _lasting_id(feed: Feed, asked: NoticeFilter, *, history: bool) -> str:
    """RFC 4151; the same for the same question, also when the site is reached by another address."""
    question = asked.question | ({"history": "true"} if history else {})
    query = f"?{urlencode(question)}" if question else ""
    return f"tag:{settings.FAIRWAY_MAIL_DOMAIN},2026:{reverse(feed.name)}{query}"


@require_safe
@public_page
@condition(etag_func=_mark_of_set)
def feed(request: HttpRequest, feed: Feed) -> HttpResponse:
    """One of `FEEDS`; a question that it does not understand is answered with a problem (RFC 9457)."""
    now = clock_now()
    asked, turned = _asked_of_feed(request, now), PageForm(request.GET)
    wrong = {**asked.form.errors, **turned.errors}
    if wrong:
        errors = [{"parameter": name, "detail": " ".join(said)} for name, said in wrong.items()]
        problem = {"type": "about:blank", "title": _("This address asks for something unknown"), "status": 400}
        return JsonResponse(problem | {"errors": errors}, status=400, content_type="application/problem+json")
    history, page = asks_history(request.GET), turned.cleaned_data["page"] or 1
    told = _newest_of_all(asked, page, now) if history else cards(asked.qs.for_cards(), language(), now)
    more = history and len(told) > MOST
    # The published address, never the one of the request: a feed's id lasts, and a shared cache keeps this answer.
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    edition = Edition(
        cards=told[:MOST] if history else told,
        id=_lasting_id(feed, asked, history=history),
        asked=asked.in_words,
        publisher=settings.FAIRWAY_SERVICE_NAME,
        self_url=f"{settings.FAIRWAY_SITE_URL}{reverse(feed.name)}{query}",
        page_url=f"{settings.FAIRWAY_SITE_URL}{reverse('archive' if history else 'home')}{query}",
        language=language(),
        next_url=_next_url(request, feed, page) if more else "",
        updated=_moved_at(request, asked, now),
        now=now,
    )
    answer = HttpResponse(feed.write(edition), content_type=f"{feed.media_type}; charset=utf-8")
    if edition.next_url:
        answer["Link"] = f'<{edition.next_url}>; rel="next"'
    return answer


def _moved_at(request: HttpRequest, asked: NoticeFilter, now: datetime) -> datetime | None:
    """When something changed that the question is about; what is long over counts too, so that it never goes back."""
    versions = Version.objects.all()
    if asked.question:
        versions = versions.filter(notice__in=NoticeFilter(request.GET, Notice.objects.published(now), now=now).qs)
    return versions.last_moved_at(now)


def _newest_of_all(asked: NoticeFilter, page: int, now: datetime) -> list[Card]:
    """With one more than the page holds, if there is one."""
    notices = asked.qs.newest_first()[(page - 1) * MOST : page * MOST + 1]
    return cards_in_order(notices.for_cards(), language(), now)


def _next_url(request: HttpRequest, feed: Feed, page: int) -> str:
    question = request.GET.copy()
    question["page"] = str(page + 1)
    return f"{settings.FAIRWAY_SITE_URL}{reverse(feed.name)}?{question.urlencode()}"


def _mark_of_message(request: HttpRequest, reference: str, number: int) -> str:
    now = clock_now()
    return mark(_issued(reference, now).filter(number__lte=number), language="", now=now)


@require_safe
@public_page
@condition(etag_func=_mark_of_message)
def cap_message(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """The CAP 1.2 message of one version, in every language that it was written in."""
    found = _issued(reference, clock_now()).filter(number__lte=number).order_by("number")
    versions = list(found.select_related("notice__office").prefetch_related("texts", "rows__place"))
    if not versions or versions[-1].number != number:
        raise Http404(_("There is no notice with this number."))
    return HttpResponse(cap.document(versions[-1], versions[:-1]), content_type=f"{cap.MEDIA_TYPE}; charset=utf-8")


@require_safe
@without_session
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers and feed readers that read no `<link rel="icon">` ask for this address."""
    return HttpResponse((settings.BASE_DIR / "static" / "favicon.svg").read_bytes(), content_type="image/svg+xml")
