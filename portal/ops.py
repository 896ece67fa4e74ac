"""What a load balancer and a monitoring system ask. Says nothing that a stranger could use."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from portal import metrics as counted
from portal.everybody import without_session


@require_safe
@never_cache
@without_session
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
@without_session
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too; the broker is a doorbell and no reason to turn readers away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


@require_safe
@never_cache
@without_session
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever sends the token, or asks on this very machine; for everybody else it does not exist."""
    if not (_has_token(request) or _asks_here(request)):
        raise Http404
    return HttpResponse(counted.exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    known, said = settings.FAIRWAY_METRICS_TOKEN, request.headers.get("Authorization", "")
    return bool(known) and hmac.compare_digest(said.encode(), f"Bearer {known}".encode())


def _asks_here(request: HttpRequest) -> bool:
    """A proxy on this machine asks for somebody else, and says for whom."""
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
