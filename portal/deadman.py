"""A sign of life for whoever watches from outside: it stops coming as soon as something is wrong."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request

from django.conf import settings

from portal import alarms
from portal.condition import Level, condition, look

log = logging.getLogger(__name__)
PATIENCE_S = 10


def ping(url: str) -> bool:
    """Whether the other side took it."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - set by who runs the site
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError, ValueError):
        log.warning("a monitoring service took no sign of life")
        return False


def tell() -> bool:
    """Pings if an address is set and all is well."""
    if not settings.FAIRWAY_DEADMAN_URL or condition(look()).level == Level.RED or alarms.raised():
        return False
    return ping(settings.FAIRWAY_DEADMAN_URL)
