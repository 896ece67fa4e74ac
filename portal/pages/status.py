"""The public page that says how the site is; works without the broker, and tells that the database is away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from base.clock import now
from portal import alarms
from portal.condition import Condition, Facts, Level, condition, look
from portal.everybody import without_session

LOOKS = {
    Level.GREEN: ("s-open", "open"),
    Level.AMBER: ("s-congested", "congested"),
    Level.RED: ("s-closed", "closed"),
    Level.UNKNOWN: ("s-unknown", "unknown"),
}
_kept = cache_control(public=True, max_age=5)


def _code(found: Condition) -> int:
    """503 for what watches from outside and reads no words."""
    return 503 if found.level == Level.RED else 200


def _raised(facts: Facts) -> list[alarms.Open]:
    return alarms.raised(insiders=False) if facts.database else []


def _as_json(facts: Facts) -> HttpResponse:
    found = condition(facts)
    parts = [{"name": one.name, "status": one.level, "age": one.age} for one in found.parts]
    names = [one.name for one in _raised(facts)]
    return JsonResponse({"status": found.level, "parts": parts, "alarms": names}, status=_code(found))


@require_safe
@without_session
@_kept
def status_json(request: HttpRequest) -> HttpResponse:
    return _as_json(look())


@require_safe
@without_session
def status_anywhere(request: HttpRequest) -> HttpResponse:
    """`/status` without a language: the page for people, JSON for whoever asks for it."""
    if not request.accepts("text/html"):
        return status_json(request)
    return redirect(f"/{get_language_from_request(request)[:2]}/status/")


@require_safe
@without_session
@_kept
def status(request: HttpRequest) -> HttpResponse:
    facts = look()
    if request.accepts("text/html"):
        found = condition(facts)
        context = {
            "head": (found, *LOOKS[found.level]),
            "alarms": _raised(facts),
            "lines": [(one, *LOOKS[one.level]) for one in found.parts],
            "now": now(),
        }
        answer = render(request, "portal/status.html", context, status=_code(found))
    else:
        answer = _as_json(facts)
    patch_vary_headers(answer, ["Accept"])
    return answer
