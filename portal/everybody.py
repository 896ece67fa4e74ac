"""Pages for everybody: no account, no cookie, nothing personal, so that any cache may keep them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control

from base.clock import now
from portal.problems import nothing_here

View = Callable[..., HttpResponse]

# Short at the reader, shorter at the proxy: everybody sees a change within 15 s (docs: caching).
BRIEFLY = {"public": True, "max_age": 4, "s_maxage": 1, "stale_while_revalidate": 3, "stale_if_error": 3600}


def _kept_briefly(view: View) -> View:
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if not answer.has_header("Cache-Control"):  # an error of the API is kept by nobody
            patch_cache_control(answer, **BRIEFLY)
            # While the site is away a cache shows what it said last, a table or a calendar too.
            answer["As-Of"] = now().isoformat(timespec="seconds")
        return answer

    return answered


def without_session(view: View) -> View:
    """Marks a view for which nobody may ask who reads it: not the second factor, not a message that waits."""
    view.reads_no_session = True  # type: ignore[attr-defined]
    return view


def public_page(view: View) -> View:
    """A page that any cache may keep; nginx must know its address (`portal.crowd.conf.PUBLIC`)."""
    page = without_session(_kept_briefly(view))
    page.may_be_kept = True  # type: ignore[attr-defined]
    return page


def for_one(view: View) -> View:
    """An answer for whoever showed a key: no session is asked, and nobody keeps it."""
    return without_session(cache_control(no_store=True)(view))


def reads_no_session(view: Any) -> bool:
    return bool(getattr(view, "reads_no_session", False))


class InNoLanguage:
    """Has caches keep one answer of what says the same in every language: its address names none."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if "public" in answer.get("Cache-Control", "") and not translation.get_language_from_path(request.path_info):
            varies = [one for one in answer.get("Vary", "").split(", ") if one and one != "Accept-Language"]
            del answer["Vary"]
            if varies:
                answer["Vary"] = ", ".join(varies)
        return answer


class OpenToScripts:
    """Lets the map or the dashboard of another site read what is for programs: the same for all, without a cookie."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        page = answer.get("Content-Type", "").startswith("text/html")
        if answer.has_header("As-Of") and not page:
            answer["Access-Control-Allow-Origin"] = "*"
            answer["Access-Control-Expose-Headers"] = "As-Of, ETag, Link"
        return answer


class NoNul:
    """Answers 404 to an address with a NUL sign, which no place, number or word holds and no database takes."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            if request.path_info.startswith("/api/"):
                return nothing_here(request)
            translation.activate(translation.get_language_from_request(request, check_path=True))
            raise Http404
        return self.get_response(request)
