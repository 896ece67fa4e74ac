"""Alarms: only what a person must act upon. One row here, one section in docs/operations.md, one mail when it begins
and one when it is over; what is long but moves is a graph and no alarm.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit, clock, heartbeat
from base.errors import Refused
from base.models import Alarm as Raised
from base.words import Lane, Language, Role
from contacts import letters
from contacts.models import User
from delivery import canary, gateways, guard, numbers, outbox, relays, spending, standing
from delivery.states import State
from notices import promises, schedule
from portal import disks
from portal.metrics import last_day, uncertain_share

log = logging.getLogger(__name__)

CALM = timedelta(minutes=2)  # so long it must be well before an alarm is over
LOOKING = "alarms"
GAP_S = 90.0  # three looks that did not come: nobody looked
NEVER_S = 1e9
FEW = 10  # so many in doubt are one crash of one worker
STUCK_AFTER = timedelta(hours=2)


@dataclass(frozen=True)
class Alarm:
    """Raised while `measure` is above `limit`; its section is `#alarm-<name>`.

    One for `insiders` stands at headquarters alone: no reader waits longer for it, and a stranger needs not know.
    A `silence` lasts no longer than somebody looks: after a night off, whoever looks first would else call people for
    all that starts a moment later.
    """

    name: str
    words: str | Promise
    measure: Callable[[datetime], float]
    limit: float | Callable[[], float]
    insiders: bool = False
    silence: bool = False

    @property
    def most(self) -> float:
        return self.limit() if callable(self.limit) else self.limit


def _workers_s(now: datetime) -> float:
    texts = ["texts"] if settings.FAIRWAY_SMS_URL else []  # without a gateway it may be left out
    return _seen_s(*(f"lane:{lane}" for lane in (*Lane.values, "ways", *texts)))(now)


def _seen_s(*names: str) -> Callable[[datetime], float]:
    """Seconds for which the one that is silent longest was not seen."""

    def measure(now: datetime) -> float:
        ages = heartbeat.ages()
        return max(ages.get(name, NEVER_S) for name in names)

    return measure


def _since_s(name: str) -> Callable[[datetime], float]:
    """Seconds since an errand that was done before came to its end; nobody misses one that was never begun."""
    return lambda now: heartbeat.ages().get(name, 0.0)


def _span(setting: str, unit_s: int) -> Callable[[], float]:
    """A setting as seconds; 0 switches its alarm off."""
    return lambda: getattr(settings, setting) * unit_s or math.inf


def _critical_s(now: datetime) -> float:
    """What is held waits because somebody must look: another alarm."""
    if guard.held():
        return 0.0
    return standing.lanes().get(Lane.CRITICAL, standing.LaneStanding()).oldest_s


def _parked(now: datetime) -> float:
    return sum(one.count for one in last_day() if (one.lane, one.state) == (Lane.CRITICAL, State.PARKED))


def _stuck(now: datetime) -> float:
    return 0 if guard.held() else standing.stuck(STUCK_AFTER)


def _uncertain(now: datetime) -> float:
    count, share = uncertain_share(last_day())
    return share if count >= FEW else 0.0


def _canary(now: datetime) -> float:
    """What is held sends no canary either."""
    if not settings.FAIRWAY_CANARY or guard.held():
        return 0.0
    return sum(canary.standing(channel, now=now).missing for channel in canary.CHANNELS)


def _late(now: datetime) -> float:
    return len(promises.due(promises.running(now), by=now))


ALARMS: tuple[Alarm, ...] = (
    Alarm("outbound-held", gettext_lazy("Alerts are held until somebody releases them."),
          lambda now: guard.held(), 0),
    Alarm("critical-waiting", gettext_lazy("A severe notice does not leave."), _critical_s, 120),
    Alarm("critical-parked", gettext_lazy("Mails of a severe notice were set aside."), _parked, 0),
    Alarm("sending-stuck", gettext_lazy("A sending does not come to its end."), _stuck, 0),
    Alarm("schedule-missed", gettext_lazy("A scheduled notice missed its hour."),
          lambda now: schedule.missed(now=now).count(), 0),
    Alarm("promise-late", gettext_lazy("A promised update or reopening is late."), _late, 0),
    Alarm("canary-missing", gettext_lazy("A mail to ourselves did not come back."), _canary, 0),
    Alarm("relay-resting", gettext_lazy("A mail server cannot be reached, or refuses our mails."),
          lambda now: max(relays.resting_s().values(), default=0.0), 300),
    Alarm("text-messages-capped", gettext_lazy("The text messages of this day are used up."),
          lambda now: spending.refused_today(numbers.CHANNEL), 0),
    Alarm("text-messages-refused", gettext_lazy("The gateway for text messages refuses us."),
          lambda now: gateways.refuses_us(), 0, insiders=True),
    Alarm("worker-silent", gettext_lazy("A worker is silent."),
          _workers_s, 150, silence=True),
    Alarm("beat-silent", gettext_lazy("The clock that rings for everything is silent."),
          _seen_s("beat"), 60, silence=True),
    Alarm("pump-silent", gettext_lazy("Nobody looks for what is due."), _seen_s("pump"), 60, silence=True),
    Alarm("disk-full", gettext_lazy("A disk is nearly full."),
          lambda now: sum(disk.is_scarce for disk in disks.disks()), 0, insiders=True),
    Alarm("backup-old", gettext_lazy("The last backup is too old."),
          _since_s("backup"), _span("FAIRWAY_BACKUP_HOURS", 3_600), insiders=True),
    Alarm("copy-old", gettext_lazy("The copy of the site in a second place is no longer made."),
          _since_s("export"), _span("FAIRWAY_COPY_MINUTES", 60), insiders=True),
    Alarm("uncertain", gettext_lazy("More mails than usual may have been sent twice."), _uncertain, 0.005),
    Alarm("audit-unchained", gettext_lazy("The audit trail is not chained."),
          lambda now: audit.unchained_s(), 600, silence=True),
)  # fmt: skip
BY_NAME = {alarm.name: alarm for alarm in ALARMS}


def watch(alarms: Iterable[Alarm] = ALARMS, *, now: datetime) -> None:
    """Raises and ends what has changed, one mail for each. Run twice at once, one of them does it."""
    looked_s = heartbeat.run_s(LOOKING, gap_s=GAP_S)
    for alarm in alarms:
        try:
            value = float(alarm.measure(now))
            value = min(value, looked_s) if alarm.silence else value
        except (Error, OSError):  # one that cannot be measured silences no other
            log.exception("the alarm %s could not be measured", alarm.name)
            continue
        if value > alarm.most:
            _raise(alarm, value, now)
        else:
            _end(alarm, now)


def _raise(alarm: Alarm, value: float, now: datetime) -> None:
    detail = "" if value >= NEVER_S else f"{value:g} > {alarm.most:g}"
    row, made = Raised.objects.get_or_create(
        name=alarm.name, ended_at=None, defaults={"raised_at": now, "seen_at": now, "detail": detail}
    )
    if made:
        _tell(alarm, row, now)
    else:
        Raised.objects.filter(pk=row.pk, ended_at=None).update(seen_at=now)


def _end(alarm: Alarm, now: datetime) -> None:
    for row in Raised.objects.filter(name=alarm.name, ended_at=None, seen_at__lte=now - CALM):
        if Raised.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now):
            row.ended_at = now
            _tell(alarm, row, now)


def _duty() -> list[tuple[str, str]]:
    """(address, language) of whoever is told: the duty mailboxes, else the administrators."""
    if settings.FAIRWAY_DUTY_MAIL:
        return [(address, Language.ENGLISH) for address in settings.FAIRWAY_DUTY_MAIL]
    seated = Q(seat__role=Role.ADMINISTRATOR, seat__ended_at=None)
    return list(User.objects.filter(seated, is_active=True).distinct().values_list("email", "language"))


def _tell(alarm: Alarm, row: Raised, now: datetime) -> None:
    end = "ended" if row.ended_at else "raised"
    for address, language in _duty():
        with translation.override(language):
            heading = _("Over: %(words)s") if row.ended_at else _("Alarm: %(words)s")
            facts = {"since": clock.shown(row.raised_at, "UTC", language), "name": alarm.name, "detail": row.detail}
            told = [
                _("Since %(since)s. %(detail)s"),
                _("What to look at and what to do: docs/operations.md, section “%(name)s”."),
            ]
            context = {
                "heading": heading % {"words": alarm.words},
                "words": "\n".join(line % facts for line in told),
                "label": _("Service status"),
                "link": letters.address_of("status", language),
            }
            sealed = letters.seal("desk", language, context)
        try:
            outbox.post(key=f"alarm:{row.pk}:{end}:{address}"[:120], to=address, message=sealed, now=now)
        except Refused:
            log.error("the duty address of an alarm is none: FAIRWAY_DUTY_MAIL")


@dataclass(frozen=True)
class Open:
    """An alarm that is raised now, in the reader's language."""

    name: str
    words: str
    since: datetime


def raised(*, insiders: bool = True) -> list[Open]:
    """What is raised now, the longest first; without `insiders` as everybody may read it."""
    rows = Raised.objects.filter(ended_at=None).order_by("raised_at")
    known = [(row, BY_NAME[row.name]) for row in rows if row.name in BY_NAME]
    return [
        Open(row.name, str(alarm.words), row.raised_at) for row, alarm in known if insiders or not alarm.insiders
    ]
