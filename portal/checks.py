"""System checks that keep a wrong setting from going live."""

from __future__ import annotations

import re
import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def demo_only_on_embedded_servers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.FAIRWAY_DEMO and not settings.FAIRWAY_EMBEDDED:
        return [
            Error(
                "FAIRWAY_DEMO=1 publishes passwords and second-factor codes; it is for embedded servers alone.",
                hint="Unset FAIRWAY_DEMO, or start the demo with ./run and no DATABASE_URL.",
                id="portal.E001",
            )
        ]
    return []


@register(Tags.security)
def test_nets_only_on_embedded_servers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.FAIRWAY_HTTP_TEST_NETS and not settings.FAIRWAY_EMBEDDED:
        return [
            Error(
                "FAIRWAY_HTTP_TEST_NETS lets strangers' addresses lead into this machine; it is for sinks of a demo.",
                hint="Unset FAIRWAY_HTTP_TEST_NETS.",
                id="portal.E004",
            )
        ]
    return []


@register()
def text_messages_have_countries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.FAIRWAY_SMS_URL and not settings.FAIRWAY_SMS_COUNTRIES:
        return [
            Error(
                "FAIRWAY_SMS_URL is set, and no country is: no text message would ever leave.",
                hint="Set FAIRWAY_SMS_COUNTRIES to the countries whose numbers are written to, such as ES,PT.",
                id="portal.E005",
            )
        ]
    return []


@register()
def cap_sender_breaks_no_reference(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not re.fullmatch(r"[^\s,<&]+", settings.FAIRWAY_CAP_SENDER):
        return [
            Error(
                "FAIRWAY_CAP_SENDER is empty or holds a blank, a comma, “<” or “&”: no reader could follow a notice.",
                hint="Set it to a name like notices@customs.example, and never change it.",
                id="portal.E006",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def secret_key_is_set(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.SECRET_KEY == settings.UNSET_SECRET:
        return [Error("SECRET_KEY is not set.", hint="Set SECRET_KEY or SECRET_KEY_FILE.", id="portal.E002")]
    return []


@register(Tags.security, deploy=True)
def site_url_is_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.HTTPS:
        return [Error("FAIRWAY_SITE_URL must begin with https://.", id="portal.E003")]
    return []


BOOT_ERROR = 3  # what Gunicorn takes for a worker that can never boot, so that it does not try for ever


def demand_safe() -> None:
    """Ends a serving process in one line: neither Gunicorn nor Celery heeds the checks by itself."""
    for check in (demo_only_on_embedded_servers, test_nets_only_on_embedded_servers, secret_key_is_set):
        for wrong in check(None):
            sys.stderr.write(f"Fairway does not start: {wrong.msg} {wrong.hint} ({wrong.id})\n")
            sys.exit(BOOT_ERROR)
