"""What is in force, for a frame on somebody else's site: no script, no cookie; and the page that hands it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import condition, require_safe

from base.clock import now as clock_now
from base.templatetags.fairway import LOOKS
from base.text import labelled
from base.words import Mode
from contacts.models import Place
from notices.cards import Card, cards
from notices.filters import NoticeFilter
from notices.marks import mark
from notices.models import Notice, Version
from portal.everybody import public_page

MOST = 5
HEIGHT = 360
_icons = (settings.BASE_DIR / "static" / "icons.svg").read_text()
# Within the page: a file of its own would be larger than all the rest.
SYMBOLS = mark_safe(  # noqa: S308 - our own file
    "".join(
        found[0]
        for name in ("cal", *(sign for _look, sign in LOOKS.values()))
        if (found := re.search(rf'<symbol id="i-{name}".*?</symbol>', _icons, re.DOTALL))
    )
)


def language() -> str:
    return (get_language() or "en")[:2]


def _asked(request: HttpRequest, now: datetime) -> tuple[NoticeFilter, list[Place], bool]:
    """The notices, the places that were named, and whether the question was understood."""
    asked = NoticeFilter(request.GET, Notice.objects.in_force(now), now=now)
    if not asked.is_valid():
        return asked, [], False
    places = list(Place.objects.filter(locode__in=asked.codes).order_by("locode"))
    return asked, places, len(places) == len(asked.codes)


def _mark(request: HttpRequest) -> str | None:
    now = clock_now()
    asked, _places, understood = _asked(request, now)
    if not understood:
        return None
    shown = Version.objects.filter(notice__in=asked.qs, state=Version.State.ISSUED)
    return mark(shown, language=language(), now=now)


# The headers stand outermost, so that a 304 carries them too: it overwrites those that a browser has kept.
@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@public_page
@condition(etag_func=_mark)
def widget(request: HttpRequest) -> HttpResponse:
    now = clock_now()
    asked, places, understood = _asked(request, now)
    zones = {place.time_zone for place in places}
    found: list[Card] = cards(asked.qs.for_cards(), language(), now) if understood else []
    context = {
        "now": now,
        "understood": understood,
        "rows": [(one, *_look(one)) for one in found[:MOST]],
        "more": max(len(found) - MOST, 0),
        "title": _title(places, asked.words() if understood else {}),
        "zone": zones.pop() if len(zones) == 1 else settings.FAIRWAY_TIME_ZONE,
        "symbols": SYMBOLS,
        "filters": request.GET.urlencode() if understood else "",
    }
    return render(request, "portal/widget.html", context, status=200 if understood else 400)


def _title(places: Iterable[Place], words: Mapping[str, str]) -> str:
    """With all that it is narrowed to: "no notice" of the air is none of the sea."""
    told = [place.name_in(language()) for place in places]
    told += [said for name, said in words.items() if name != "place"]
    return labelled(_("Customs notices"), ", ".join(told)) if told else _("Customs notices")


def _look(one: Card) -> tuple[str, str]:
    """Class and sign; what is only planned is not shown in the colours of now."""
    return (LOOKS["unknown"][0], "cal") if one.quiet else LOOKS.get(one.status, LOOKS["unknown"])


class EmbedForm(forms.Form):
    place = forms.ChoiceField(label=gettext_lazy("Place"), required=False)
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"), required=False, choices=[("", gettext_lazy("Any mode")), *Mode.choices]
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        ours = sorted((place.name_in(language()), place.locode) for place in Place.objects.answered_for())
        self.fields["place"].choices = [("", _("All places")), *((code, f"{name} {code}") for name, code in ours)]  # type: ignore[attr-defined]


@require_safe
@public_page
def embed(request: HttpRequest) -> HttpResponse:
    """Put this on your site: the choice, the line to copy, and what it shows."""
    form = EmbedForm(request.GET)
    chosen = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    path = reverse("widget") + (f"?{urlencode(chosen)}" if chosen else "")
    places = Place.objects.filter(locode=chosen.get("place", ""))
    title = _title(places, {"mode": str(Mode(chosen["mode"]).label)} if "mode" in chosen else {})
    snippet = (
        f'<iframe src="{settings.FAIRWAY_SITE_URL}{escape(path)}" title="{escape(title)}"'
        f' width="100%" height="{HEIGHT}" frameborder="0" loading="lazy"></iframe>'
    )
    context = {"form": form, "path": path, "title": title, "snippet": snippet, "height": HEIGHT}
    return render(request, "portal/embed.html", context, status=200 if form.is_valid() else 400)
