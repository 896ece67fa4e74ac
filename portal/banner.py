"""The banner on every page while a crisis page is open, and what it means for the marks of pages that carry it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils.translation import get_language

from notices.marks import mark
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


def page_mark(
    request: HttpRequest, versions: VersionQuerySet, *, now: datetime, crises: Iterable[Crisis] = ()
) -> str:
    """The entity tag of a page with the banner; `crises`: those that it shows beside the banner."""
    shown = [*open_crises(request), *crises]
    return mark(versions, language=(get_language() or "en")[:2], now=now, crises=shown)
