"""System checks of what the post office needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from . import gateways
from .postman import LIMIT_S


@register(deploy=True)
def leases_outlast_a_slow_relay(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.FAIRWAY_LEASE_S < LIMIT_S:
        return [
            Error(
                f"FAIRWAY_LEASE_S is {settings.FAIRWAY_LEASE_S}: with a slow relay another worker would send again.",
                hint=f"Set it to {LIMIT_S} or more, or leave it out.",
                id="delivery.E001",
            )
        ]
    return []


@register()
def text_messages_can_leave(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    by_post = isinstance(gateways.gateway(), gateways.HttpGateway)
    if by_post and (mistake := gateways.wrong()):
        return [Error(f"{mistake}: no text message would ever leave.", id="delivery.E002")]
    return []
