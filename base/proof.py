"""Deeds of consequence ask who one is again when the last proof is older than `ACCOUNT_REAUTHENTICATION_TIMEOUT`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def _is_deed(request: HttpRequest) -> bool:
    return request.method == "POST"


def fresh_proof(view: View) -> View:
    """Reading asks nothing. What was sent waits in the session and goes on, as it was, once the proof is given."""
    guarded: Any = reauthentication_required(view, enabled=_is_deed)
    return guarded  # type: ignore[no-any-return]
