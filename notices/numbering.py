"""References such as PD-2026-0412: a series, the year in UTC, a number. Gaps are allowed, doubles are not."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

_NEXT = """
INSERT INTO notices_series (name, year, last) VALUES (%s, %s, 1)
ON CONFLICT (name, year) DO UPDATE SET last = notices_series.last + 1 RETURNING last
"""


def next_reference(series: str, *, exercise: bool, now: datetime) -> str:
    """The next free reference; exercises count in a series of their own, `EX-`."""
    name, year = ("EX" if exercise else series), now.astimezone(UTC).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [name, year])
        (number,) = cursor.fetchone()
    return f"{name}-{year}-{number:04}"
