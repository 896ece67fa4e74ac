"""The signature of Standard Webhooks (v1: HMAC-SHA-256 over id, time and body), made and checked."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
WINDOW_S = 300


def _key(secret: str) -> bytes:
    """The octets of `whsec_` + base64; raises ValueError for what is none."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def sign(secret: str, *, uid: str, at: int, body: bytes) -> str:
    """The value of `webhook-signature`; `at` in seconds since 1970."""
    mac = hmac.digest(_key(secret), b"%b.%d.%b" % (uid.encode(), at, body), "sha256")
    return "v1," + base64.b64encode(mac).decode("ascii")


def is_signed(secrets: Iterable[str], *, uid: str, at: str, signatures: str, body: bytes, now: datetime) -> bool:
    """Whether one of `signatures` (separated by blanks) is by one of `secrets`, and fresh."""
    if not uid or not at.isascii() or not at.isdigit() or len(at) > 12:
        return False
    if abs(now.timestamp() - int(at)) > WINDOW_S:
        return False
    good = False
    for secret in secrets:
        try:
            right = sign(secret, uid=uid, at=int(at), body=body)
        except (ValueError, binascii.Error):
            continue
        for said in signatures.split()[:10]:
            good |= hmac.compare_digest(right.encode(), said.encode("utf-8", "replace"))
    return good
