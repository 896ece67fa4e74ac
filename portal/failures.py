"""What is answered when the site itself fails: pages that need neither database nor catalogue."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER_S = 60


def server_error(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer, which passes by itself; else 500."""
    passing = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = 503 if passing else 500
    answer = HttpResponse(render_to_string(f"{status}.html"), status=status, headers={"Cache-Control": "no-store"})
    if passing:
        answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer
