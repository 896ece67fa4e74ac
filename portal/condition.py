"""How the site is, part by part: for everybody's eyes, so that no number tells a stranger more than a rough age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base import audit, clock, heartbeat
from base.words import Lane
from delivery import canary, guard, standing

BROKER_PATIENCE_S = 1.0
COARSE_S = (60, 300, 900, 3_600, 6 * 3_600, 86_400)


class Level(TextChoices):
    GREEN = "green", _("Works")
    AMBER = "amber", _("Slow")
    RED = "red", _("Does not work")
    UNKNOWN = "unknown", _("Not known")


WORST_FIRST = (Level.RED, Level.AMBER, Level.UNKNOWN, Level.GREEN)


@dataclass(frozen=True)
class Facts:
    """What one look found. `seen`: heartbeat → seconds since; without the database only the broker is known."""

    database: bool = False
    broker: bool = False
    seen: dict[str, float] = field(default_factory=dict)
    critical_s: float = 0.0
    unchained_s: float = 0.0
    held: bool = False
    canaries: dict[str, canary.Standing] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """`age_s`: since it was last seen, or for how long something waits; None where no age says anything."""

    level: Level
    age_s: float | None = None


@dataclass(frozen=True)
class Part:
    name: str
    label: str | Promise
    read: Callable[[Facts], Reading]
    asked: Callable[[], bool] = lambda: True  # whether it is set up here


def _seen(name: str, *, slow_s: float, dead_s: float) -> Callable[[Facts], Reading]:
    """A part that writes heartbeats; one that was never seen does not work."""

    def read(facts: Facts) -> Reading:
        age = facts.seen.get(name)
        return _aged(age, slow_s=slow_s, dead_s=dead_s) if age is not None else Reading(Level.RED)

    return read


def _aged(age: float, *, slow_s: float, dead_s: float) -> Reading:
    level = Level.RED if age > dead_s else Level.AMBER if age > slow_s else Level.GREEN
    return Reading(level, age)


def _broker(facts: Facts) -> Reading:
    """A doorbell: without it sending begins later; if it stays away, the lanes fall silent by themselves."""
    return Reading(Level.GREEN if facts.broker else Level.AMBER)


def _canary(channel: str) -> Callable[[Facts], Reading]:
    """The way out and back, as the last mail to ourselves found it."""

    def read(facts: Facts) -> Reading:
        found = facts.canaries.get(channel)
        if found is None or not found.sent:
            return Reading(Level.UNKNOWN)
        if found.missing:
            return Reading(Level.RED, found.returned_s)
        return Reading(Level.UNKNOWN if found.returned_s is None else Level.GREEN, found.returned_s)

    return read


# A worker may be with a slow mail server for a minute and a half; beat and the pump never have a reason to be late.
WORKER_DEAD_S, CLOCK_DEAD_S, CRITICAL_LATE_S, UNCHAINED_LATE_S = 150.0, 60.0, 120.0, 600.0

PARTS: tuple[Part, ...] = (
    Part("web", _("Web pages"), lambda facts: Reading(Level.GREEN)),
    Part("database", _("Database"), lambda facts: Reading(Level.GREEN if facts.database else Level.RED)),
    Part("broker", _("Broker"), _broker),
    Part("critical", _("Sending of severe notices"), _seen("lane:critical", slow_s=60, dead_s=WORKER_DEAD_S)),
    Part("routine", _("Sending of other notices"), _seen("lane:routine", slow_s=60, dead_s=WORKER_DEAD_S)),
    Part("personal", _("Sending of personal mails"), _seen("lane:personal", slow_s=60, dead_s=WORKER_DEAD_S)),
    Part("digest", _("Sending of digests"), _seen("lane:digest", slow_s=60, dead_s=WORKER_DEAD_S)),
    Part("ways", _("Calls of programs"), _seen("lane:ways", slow_s=60, dead_s=WORKER_DEAD_S)),
    Part("texts", _("Sending of text messages"), _seen("lane:texts", slow_s=60, dead_s=WORKER_DEAD_S),
         lambda: bool(settings.FAIRWAY_SMS_URL)),
    Part("beat", _("Clock"), _seen("beat", slow_s=30, dead_s=CLOCK_DEAD_S)),
    Part("pump", _("Look for what is due"), _seen("pump", slow_s=30, dead_s=CLOCK_DEAD_S)),
    Part("alerts", _("Leave to send"), lambda facts: Reading(Level.RED if facts.held else Level.GREEN)),
    Part("waiting", _("Severe notices not yet sent"),
         lambda facts: _aged(facts.critical_s, slow_s=30, dead_s=CRITICAL_LATE_S)),
    Part("canary", _("Mail out and back"), _canary("email"), lambda: settings.FAIRWAY_CANARY),
    Part("audit", _("Audit trail"), lambda facts: _aged(facts.unchained_s, slow_s=60, dead_s=UNCHAINED_LATE_S)),
)  # fmt: skip
ALONE = ("web", "database", "broker")  # what can be told without the database


@dataclass(frozen=True)
class Shown:
    """One line of the page."""

    name: str
    label: str
    level: Level
    age: str

    @property
    def word(self) -> str:
        return str(self.level.label)


@dataclass(frozen=True)
class Condition:
    level: Level
    parts: list[Shown]


def look() -> Facts:
    """Asks broker and database now; neither being away is an error."""
    broker = broker_answers()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        critical = standing.lanes().get(Lane.CRITICAL, standing.LaneStanding())
        now = clock.now()
        out = {channel: canary.standing(channel, now=now) for channel in canary.CHANNELS}
        return Facts(True, broker, heartbeat.ages(), critical.oldest_s, audit.unchained_s(), guard.held(), out)
    except Error:
        return Facts(broker=broker)


def broker_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_PATIENCE_S, socket_connect_timeout=BROKER_PATIENCE_S
        ) as link:
            return bool(link.ping())
    except (redis.RedisError, OSError):
        return False


def condition(facts: Facts) -> Condition:
    """Every part of `PARTS`, and the worst of them."""
    shown = [_shown(part, facts) for part in PARTS if part.asked()]
    return Condition(min((one.level for one in shown), key=WORST_FIRST.index), shown)


def _shown(part: Part, facts: Facts) -> Shown:
    known = facts.database or part.name in ALONE
    reading = part.read(facts) if known else Reading(Level.UNKNOWN)
    return Shown(part.name, str(part.label), reading.level, coarse(reading.age_s))


def coarse(age_s: float | None) -> str:
    """A rough age in words, "" for none."""
    if age_s is None:
        return ""
    bound = next((bound for bound in COARSE_S if age_s < bound), None)
    if bound is None:
        return gettext("over a day")
    return gettext("under %(span)s") % {"span": clock.brief(timedelta(seconds=bound))}
