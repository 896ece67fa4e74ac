"""Short signed ids for the places where a mail names its delivery or its reader: no guessing, no look-up table."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

_SIGNS = 20  # hex digits of HMAC-SHA-256: 80 bits


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"fairway.seal.{purpose}.{secret}".encode()).digest()


def _mac(secret: str, purpose: str, number: int) -> str:
    return hmac.digest(_key(secret, purpose), b"%d" % number, "sha256").hex()[:_SIGNS]


def seal(purpose: str, number: int) -> str:
    """`<number in hex>-<mac>`, safe in a URL and in the local part of an address, whatever the letter case."""
    return f"{number:x}-{_mac(settings.SECRET_KEY, purpose, number)}"


def unseal(purpose: str, token: str) -> int | None:
    """The number, or None if the token is not ours; the same time for a wrong and an unknown one."""
    head, _dash, mac = token.lower().partition("-")
    try:
        number = int(head, 16)
    except ValueError:
        return None
    if not 0 < number < 2**63:
        return None
    good = any(
        hmac.compare_digest(_mac(secret, purpose, number), mac)
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
    return number if good else None
