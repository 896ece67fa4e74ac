"""Who was seen at work and when, by PostgreSQL's clock: one cheap row a part, written by the part itself."""

from __future__ import annotations

import logging
import os
import socket

from django.db import Error, connection

log = logging.getLogger(__name__)

LEAST_S = 3  # who was seen a moment ago need not be written down again

# Losing the last beats in a crash harms nobody: the commit does not wait for the disk.
_BEAT = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO base_heartbeat AS kept (name, at, detail)
SELECT %(name)s, clock_timestamp(), %(detail)s FROM quick
ON CONFLICT (name) DO UPDATE SET at = excluded.at, detail = excluded.detail
WHERE kept.at NOT BETWEEN excluded.at - make_interval(secs => %(least)s) AND excluded.at
"""
_AGES = "SELECT name, extract(epoch FROM clock_timestamp() - at)::float8 FROM base_heartbeat"


def beat(name: str, detail: str = "") -> None:
    """Writes that `name` is at work; a database that is away is somebody else's to report."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, {"name": name[:60], "detail": detail[:200], "least": LEAST_S})
    except Error as error:
        log.warning("heartbeat of %s not written: %s", name, error)


_TAKE = """
INSERT INTO base_heartbeat AS kept (name, at, detail) VALUES (%s, clock_timestamp(), '')
ON CONFLICT (name) DO UPDATE SET at = excluded.at
WHERE kept.at NOT BETWEEN excluded.at - make_interval(secs => %s) AND excluded.at RETURNING name
"""


def take(name: str, seconds: float) -> bool:
    """True for one caller in so many seconds: who may do what only one need do."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [name, seconds])
        return cursor.fetchone() is not None


_RUN = """
INSERT INTO base_heartbeat AS kept (name, at, detail)
VALUES (%(name)s, clock_timestamp(), extract(epoch FROM clock_timestamp())::text)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, detail = CASE
    WHEN kept.at BETWEEN excluded.at - make_interval(secs => %(gap)s) AND excluded.at THEN kept.detail
    ELSE excluded.detail END
RETURNING extract(epoch FROM at)::float8 - detail::float8
"""


def run_s(name: str, *, gap_s: float) -> float:
    """Writes that `name` is at work; for how many seconds it has been, without a gap longer than `gap_s`."""
    with connection.cursor() as cursor:
        cursor.execute(_RUN, {"name": name, "gap": gap_s})
        return float(cursor.fetchone()[0])


def ages() -> dict[str, float]:
    """Name → seconds since it was last seen."""
    with connection.cursor() as cursor:
        cursor.execute(_AGES)
        return dict(cursor.fetchall())


def keep_alive() -> None:
    """Tells systemd's watchdog, where there is one (sd_notify), that this service hears and works."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(b"WATCHDOG=1", "\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        log.warning("the watchdog was not told: %s", error)
