"""What is answered where no view does: when the site itself fails (needing neither database nor catalogue), and to
whoever opens an address that only a form may send to."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import is_valid_path

from portal.problems import problem

RETRY_AFTER_S = 60
DISK_FULL = "53100"


def server_error(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer, which passes by itself, or has no room, which people make; else 500."""
    error = sys.exc_info()[1]
    passing = isinstance(error, (OperationalError, InterfaceError))
    status = 503 if passing else 500
    if request.path_info.startswith("/api/"):
        return problem(status, headers={"Retry-After": str(RETRY_AFTER_S)} if passing else None)
    if passing and getattr(getattr(error, "__cause__", None), "pgcode", None) == DISK_FULL:
        text = render_to_string("disk_full.html", {"typed": _typed(request), "csrf_token": get_token(request)})
    else:
        text = render_to_string(f"{status}.html")
    answer = HttpResponse(text, status=status, headers={"Cache-Control": "no-store"})
    if passing:
        answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, to be sent again or copied; never what a person signs in with."""
    if "/accounts/" in request.path_info:
        return []
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]


class OpenedInsteadOfSent:
    """Gives a 405 its page, with the way to the page whose form it was: after signing in again one lands there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code == 405 and request.method == "GET" and not answer.content:
            answer.content = render_to_string("405.html", {"above": _page_above(request.path_info)}, request)
        return answer


def _page_above(path: str) -> str:
    """The nearest address of the site that `path` lies below; the public list lies above everything."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            break
    return path
