"""Pages for everybody: no account, no cookie, nothing personal, so that any cache may keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import cache_control

View = Callable[..., HttpResponse]

# Short at the reader, shorter at the proxy: everybody sees a change within 15 s (docs: caching).
_kept_briefly = cache_control(public=True, max_age=4, s_maxage=1, stale_while_revalidate=3, stale_if_error=3600)


def without_session(view: View) -> View:
    """Marks a view for which nobody may ask who reads it: not the second factor, not a message that waits."""
    view.reads_no_session = True  # type: ignore[attr-defined]
    return view


def public_page(view: View) -> View:
    return without_session(_kept_briefly(view))


def reads_no_session(view: Any) -> bool:
    return bool(getattr(view, "reads_no_session", False))


class NoNul:
    """Answers 404 to an address with a NUL sign, which no place, number or word holds and no database takes."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            translation.activate(translation.get_language_from_request(request, check_path=True))
            raise Http404
        return self.get_response(request)
