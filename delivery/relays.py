"""The mail servers that we hand over to, and which of them to use now.

A relay that is out of reach several times running rests (its breaker is open): one worker at a time tries it again,
the others take the next relay or wait. One that refuses us by policy rests longer. The rows are shared, so that what
one worker has found out counts for all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import connection

log = logging.getLogger(__name__)

FAILURES = 3  # so many in a row, and it rests
PROBE_S = 5  # so long, then one worker tries it by one connection
BLOCKED_S = 900


@dataclass(frozen=True)
class Relay:
    """One mail server as `EMAIL_URL` or `EMAIL_URL_SECOND` names it."""

    name: str
    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool
    on_trial: bool = field(default=False, compare=False)  # it rested, and this worker tries it: by one connection


def relays() -> Sequence[Relay]:
    """In order of preference."""
    first = Relay(
        "first", settings.EMAIL_HOST, int(settings.EMAIL_PORT), settings.EMAIL_HOST_USER,
        settings.EMAIL_HOST_PASSWORD, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL,
    )  # fmt: skip
    second = settings.FAIRWAY_SECOND_RELAY
    if not second:
        return (first,)
    other = Relay(
        "second", second["EMAIL_HOST"], int(second["EMAIL_PORT"] or 25), second["EMAIL_HOST_USER"],
        second["EMAIL_HOST_PASSWORD"], second.get("EMAIL_USE_TLS", False), second.get("EMAIL_USE_SSL", False),
    )  # fmt: skip
    return first, other


_REST = "SELECT name, probe_at <= clock_timestamp() FROM delivery_relay WHERE opened_at IS NOT NULL"
_PROBE = """
UPDATE delivery_relay SET probe_at = clock_timestamp() + make_interval(secs => %s)
WHERE name = %s AND opened_at IS NOT NULL AND probe_at <= clock_timestamp() RETURNING name
"""


def choose(*, without: Sequence[str] = ()) -> Relay | None:
    """The best relay that does not rest, or that it is our turn to try; None if all rest."""
    with connection.cursor() as cursor:
        cursor.execute(_REST)
        resting = dict(cursor.fetchall())
        for relay in relays():
            if relay.name in without:
                continue
            if relay.name not in resting:
                return relay
            if resting[relay.name]:
                cursor.execute(_PROBE, [PROBE_S, relay.name])
                if cursor.fetchone():
                    return replace(relay, on_trial=True)
    return None


_FAILED = """
INSERT INTO delivery_relay AS r (name, failures, opened_at, probe_at, why)
VALUES (%(name)s, 1, NULL, clock_timestamp(), %(why)s)
ON CONFLICT (name) DO UPDATE SET failures = r.failures + 1, why = %(why)s,
    opened_at = CASE WHEN r.failures + 1 >= %(most)s THEN coalesce(r.opened_at, clock_timestamp()) END,
    probe_at = greatest(r.probe_at, clock_timestamp() + make_interval(secs => %(probe)s))
RETURNING opened_at IS NOT NULL AND failures = %(most)s
"""


def failed(relay: Relay, why: str) -> None:
    """It could not be reached, or hung up: after the third time in a row it rests."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"name": relay.name, "why": why[:200], "most": FAILURES, "probe": PROBE_S})
        (opened,) = cursor.fetchone()
    if opened:
        log.error("mail server %s rests: %s", relay.name, why)


_BLOCKED = """
INSERT INTO delivery_relay AS r (name, failures, opened_at, probe_at, why)
VALUES (%(name)s, %(most)s, clock_timestamp(), clock_timestamp() + make_interval(secs => %(rest)s), %(why)s)
ON CONFLICT (name) DO UPDATE SET failures = %(most)s, opened_at = coalesce(r.opened_at, clock_timestamp()),
    probe_at = clock_timestamp() + make_interval(secs => %(rest)s), why = %(why)s
"""


def blocked(relay: Relay, why: str) -> None:
    """It refuses what we send by policy, whoever it is for: it rests at once, and longer."""
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKED, {"name": relay.name, "why": why[:200], "most": FAILURES, "rest": BLOCKED_S})
    log.error("mail server %s refuses our mails and rests: %s", relay.name, why)


def worked(relay: Relay) -> None:
    """It took a mail: whatever was before is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery_relay SET failures = 0, opened_at = NULL, why = '' WHERE name = %s AND failures > 0",
            [relay.name],
        )


def resting_s() -> dict[str, float]:
    """Name → for how many seconds it rests, of those that do and are still configured."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, extract(epoch FROM clock_timestamp() - opened_at)::float8 FROM delivery_relay"
            " WHERE opened_at IS NOT NULL AND name = ANY(%s)",
            [[relay.name for relay in relays()]],
        )
        return dict(cursor.fetchall())
