"""Django's cache in PostgreSQL: limits and used codes hold without the broker, on every web machine alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

_KEEP = """
INSERT INTO base_shortmemory AS kept (key, value, expires_at)
VALUES (%(key)s, %(value)s, coalesce(to_timestamp(%(until)s), 'infinity'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at {only}
RETURNING key
"""
_SET = _KEEP.format(only="")
_ADD = _KEEP.format(only="WHERE kept.expires_at <= %(now)s")
_GET = "SELECT value FROM base_shortmemory WHERE key = %(key)s AND expires_at > %(now)s"
_DELETE = "DELETE FROM base_shortmemory WHERE key = %(key)s AND expires_at > %(now)s"
# Each writer takes a few old rows away; a row that somebody else holds is left to the next.
_FORGET = """
DELETE FROM base_shortmemory WHERE key IN (
    SELECT key FROM base_shortmemory WHERE expires_at <= %(now)s ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED
)
"""


class ShortMemory(BaseCache):
    """Values are JSON. Nothing is thrown out before its time, however many keys there are."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """One statement: of two at once, one is told True."""
        return self._keep(_ADD, key, value, timeout, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._keep(_SET, key, value, timeout, version)
        self._run(_FORGET)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        row = self._run(_GET, key=self.make_and_validate_key(key, version=version))
        return default if row is None else json.loads(row[0])

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._run(_DELETE, key=self.make_and_validate_key(key, version=version)) is not None

    def clear(self) -> None:
        self._run("DELETE FROM base_shortmemory")

    def _keep(self, sql: str, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        key = self.make_and_validate_key(key, version=version)
        until = self.get_backend_timeout(timeout)
        return self._run(sql, key=key, value=json.dumps(value), until=until) is not None

    @staticmethod
    def _run(sql: str, **values: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, values | {"now": datetime.now(UTC)})
            return cursor.fetchone() if cursor.description else (True if cursor.rowcount else None)
