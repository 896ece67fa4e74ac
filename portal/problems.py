"""Errors of the API as problem documents (RFC 9457): what is wrong, where, and when to come again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from base.errors import Conflict, Refused
from base.once import StillRunning

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, *, title: str = "", detail: str = "", errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """`type` is "about:blank": the status says what kind it is, `errors` where (RFC 6901 pointer or parameter)."""
    document: dict[str, Any] = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status}
    if detail:
        document["detail"] = detail
    if errors:
        document["errors"] = errors
    answer = JsonResponse(document, status=status, content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """What went wrong in a view of the API; None for what is our own fault: that is logged and answered with 500."""
    set_rollback()
    match error:
        case Http404():
            return problem(404, detail=str(error) if error.args and isinstance(error.args[0], str) else "")
        case StillRunning():
            return problem(409, detail=str(error), headers={"Retry-After": "1"})
        case Conflict():
            return problem(409, detail=str(error))
        case Refused():
            where = {"pointer": _pointer([error.field or ""]), "detail": str(error)}
            return problem(422, detail=str(error), errors=[where] if error.field else None)
        case RequestDataTooBig():
            return problem(413, detail=_("This is more than a draft can hold."))
        case PermissionDenied():
            return problem(403, detail=_("This key may not do that."))
        case exceptions.ValidationError():
            return problem(422, title=_("Something in it is not right"), errors=list(_errors(error.detail)))
        case exceptions.APIException():
            return _api(error)
    return None


def _api(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if wait := getattr(error, "wait", None):  # of `exceptions.Throttled`, in seconds
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
    return problem(error.status_code, detail=str(error.detail), headers=headers)


def _pointer(parts: list[str]) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts if part)


def _errors(detail: Any, parts: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _errors(inner, parts if name == "non_field_errors" else (*parts, str(name)))
    elif isinstance(detail, list) and any(isinstance(one, dict | list) for one in detail):
        for number, inner in enumerate(detail):
            yield from _errors(inner, (*parts, str(number))) if inner else ()
    else:
        said = detail if isinstance(detail, list) else [detail]
        yield {"pointer": _pointer(list(parts)), "detail": " ".join(str(one) for one in said)}


def nothing_here(request: HttpRequest) -> HttpResponse:
    return problem(404, detail=_("The API has nothing at this address. Its addresses end with a slash."))
