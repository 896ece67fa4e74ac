"""Where a request comes from, as coarse as a rate limit needs it."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def ip_prefix(request: HttpRequest) -> str:
    """The network of the client: /24 of IPv4, /64 of IPv6; empty if unknown.

    Behind our proxy it is the last hop the proxy saw, which a client cannot choose.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", seen).rsplit(",", 1)[-1].strip()
    try:
        address = ipaddress.ip_address(seen)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
