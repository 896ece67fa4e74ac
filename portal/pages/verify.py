"""Is this notice ours? For whoever holds a number, an address or a printed sheet; one page, whatever the answer."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, get_language_from_request
from django.views.decorators.http import require_safe

from base.clock import now as clock_now
from notices import verifying
from notices.cards import card
from notices.digest import fingerprint
from portal.everybody import public_page, without_session


@require_safe
@public_page
def verify(request: HttpRequest) -> HttpResponse:
    asked, now = request.GET.get("q", ""), clock_now()
    answer = verifying.verify(asked, now=now)
    newest = answer.newest and card(answer.newest, (get_language() or "en")[:2], now)
    return render(
        request,
        "portal/verify.html",
        {
            "now": now,
            "asked": asked[: verifying.LONGEST],
            "answer": answer,
            "crisis": verifying.crisis_named(asked) if answer.finding == verifying.Finding.UNKNOWN else None,
            "card": newest,
            "fingerprint": fingerprint(answer.version) if answer.version else "",
            "site_url": settings.FAIRWAY_SITE_URL,
        },
    )


@require_safe
@without_session
def verify_anywhere(request: HttpRequest) -> HttpResponse:
    """`/verify` is short enough to be typed from paper; it leads to the page in the reader's language."""
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"/{get_language_from_request(request)[:2]}/verify/" + (f"?{query}" if query else ""))
