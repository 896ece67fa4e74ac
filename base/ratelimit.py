"""Token buckets in PostgreSQL: limits that hold when Redis is down and on every web machine alike."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection

_TAKE = """
INSERT INTO base_tokenbucket AS b (key, tokens, at) VALUES (%(key)s, %(capacity)s - 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    tokens = least(%(capacity)s, b.tokens + %(per_s)s * greatest(0, extract(epoch FROM %(now)s - b.at))) - 1,
    at = greatest(b.at, %(now)s)
WHERE least(%(capacity)s, b.tokens + %(per_s)s * greatest(0, extract(epoch FROM %(now)s - b.at))) >= 1
RETURNING tokens
"""


def take(key: str, *, capacity: float, per_s: float, now: datetime) -> bool:
    """Takes one token; False if the bucket is empty. `per_s` is the refill in tokens a second."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key[:160], "capacity": capacity, "per_s": per_s, "now": now})
        return cursor.fetchone() is not None


def bucket_of(scope: str, address_key: str) -> str:
    """The bucket of one mailbox; its name does not tell which."""
    return f"{scope}:{hashlib.sha256(address_key.encode()).hexdigest()[:32]}"
