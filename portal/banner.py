"""The banner on every page while a crisis page is open, and what it means for the marks of pages that carry it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils.translation import get_language

from notices.marks import mark, mark_of_all
from notices.models import Crisis
from notices.querysets import VersionQuerySet


def open_crises(request: HttpRequest) -> list[Crisis]:
    """Asked for once a request, whoever needs them."""
    if not hasattr(request, "open_crises"):
        request.open_crises = list(Crisis.objects.open())  # type: ignore[attr-defined]
    found: list[Crisis] = request.open_crises  # type: ignore[attr-defined]
    return found


def banner(request: HttpRequest) -> list[Crisis]:
    """The same for a page; one that tells that the database is away needs none for it."""
    try:
        return open_crises(request)
    except (OperationalError, InterfaceError):
        return []


def page_mark(request: HttpRequest, versions: VersionQuerySet, *, now: datetime, also: Iterable[object] = ()) -> str:
    """The entity tag of a page with the banner; `also`: what it shows beside the versions."""
    return mark(versions, language=_language(), now=now, also=[*_shown(request), *also])


def mark_of_page_of_all(request: HttpRequest, *, now: datetime, also: Iterable[object] = ()) -> str:
    """The same for a page that may show any notice."""
    return mark_of_all(language=_language(), now=now, also=[*_shown(request), *also])


def _shown(request: HttpRequest) -> list[object]:
    return [one.mark for one in open_crises(request)]


def _language() -> str:
    return (get_language() or "en")[:2]
