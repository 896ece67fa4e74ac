"""Every notice that was ever published, for everybody: found by words, narrowed by what it says, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.text import labelled
from contacts.models import Place
from contacts.models.places import words_of
from notices.cards import cards_in_order
from notices.filters import NoticeFilter
from notices.formats import FEEDS
from notices.models import Notice
from notices.search import likeliest_first
from portal.banner import mark_of_page_of_all
from portal.everybody import public_page

A_PAGE = 25
RANKED = 2_000  # of more, every one of which holds the words, the newest come first
PLACES = 5  # that a word may mean, above the notices


class OrderForm(forms.Form):
    """How a page shows the set; a feed of the same set asks for none of it."""

    sort = forms.ChoiceField(
        label=gettext_lazy("Order"), required=False,
        choices=[("", gettext_lazy("Best match")), ("newest", gettext_lazy("Newest first"))],
    )  # fmt: skip
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)


def language() -> str:
    return (get_language() or "en")[:2]


def _page_of(asked: NoticeFilter, order: dict[str, Any]) -> Page[Notice]:
    words = asked.form.cleaned_data["q"]
    pages = Paginator(asked.qs.newest_first().for_cards(), A_PAGE)
    if words and not order["sort"] and pages.count <= RANKED:
        pages.object_list = likeliest_first(asked.qs, words).for_cards()
    try:
        return pages.page(order["page"] or 1)
    except EmptyPage as error:
        raise Http404(_("There are fewer pages than that.")) from error


def places_meant(words: str) -> list[Place]:
    """Of our offices by any of their names; of the world's list by code alone."""
    ours = list(Place.objects.answered_for().nearest(words)[:PLACES]) if words_of(words) else []
    return ours or list(Place.objects.filter(locode="".join(words.split()).upper()))


def _mark(request: HttpRequest) -> str:
    return mark_of_page_of_all(request, now=clock_now())


def _queries(request: HttpRequest) -> dict[str, str]:
    """The same question: for another page, and for the feeds."""
    question = request.GET.copy()
    question.pop("page", None)
    turned = question.urlencode()
    question.pop("sort", None)
    question["history"] = "true"
    return {"turned": turned, "filters": question.urlencode()}


@require_safe
@public_page
@condition(etag_func=_mark)
def archive(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    asked = NoticeFilter(request.GET, Notice.objects.published(now), now=now)
    order = OrderForm(request.GET)
    valid = asked.is_valid() and order.is_valid()
    context = {
        "now": now,
        "filter": asked.form,
        "order": order,
        "feeds": FEEDS,
        "wrong": [labelled(field.label, error) for form in (asked.form, order) for field in form
                  for error in field.errors],
        **(_found(asked, order.cleaned_data, now) if valid else {}),
        **(_queries(request) if valid else {}),
    }  # fmt: skip
    return render(request, "portal/archive.html", context, status=200 if valid else 400)


def _found(asked: NoticeFilter, order: dict[str, Any], now: datetime) -> dict[str, Any]:
    said = asked.form.cleaned_data
    page = _page_of(asked, order)
    return {
        "page": page,
        "cards": cards_in_order(page.object_list, language(), now),
        "places": places_meant(said["q"]),
        "narrowed": any(value for name, value in said.items() if name != "q"),
    }
