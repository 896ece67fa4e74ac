"""Time as people read it: the place's own zone first, UTC beside it.

Wall times that happen twice or never are asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from .errors import Refused

APART, AGAIN = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"  # within a text from right to left

_CLOCK = re.compile(r"^\s*(\d{1,2})(?:[:.h ]?(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?\s*$", re.IGNORECASE)


def now() -> datetime:
    """The present moment in UTC; domain functions are given it, they never call this."""
    return timezone.now()


def shared_now() -> datetime:
    """The present moment by PostgreSQL's clock, for what must not come an hour early because one machine's is off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment.astimezone(UTC)  # type: ignore[no-any-return]


class AmbiguousTime(Refused):
    """The clocks go back: this wall time happens twice. `facts["choices"]` holds both moments (UTC)."""

    message = _("The clocks go back that night, so this time comes twice. Choose which one you mean.")


class MissingTime(Refused):
    """The clocks go forward: this wall time never happens. `facts["suggestion"]` is the first one after it (UTC)."""

    message = _("The clocks go forward that night, so this time does not exist. Choose one before or after it.")


class NotATime(Refused):
    message = _("Write the time like 19:30.")


def instants(wall: datetime, zone: str) -> list[datetime]:
    """The moments (UTC) at which a clock on the wall in `zone` shows `wall`: one, two, or none."""
    place = ZoneInfo(zone)
    found = []
    for fold in (0, 1):
        moment = wall.replace(tzinfo=place, fold=fold).astimezone(UTC)
        if moment.astimezone(place).replace(tzinfo=None) == wall and moment not in found:
            found.append(moment)
    return found


def resolve(wall: datetime, zone: str, *, choice: int | None = None) -> datetime:
    """The UTC moment of a wall time; `choice` 0 or 1 picks the first or second of two.

    Raises `AmbiguousTime` or `MissingTime`.
    """
    found = instants(wall, zone)
    if not found:
        after = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        raise MissingTime(suggestion=after)
    if len(found) == 1:
        return found[0]
    if choice not in (0, 1):
        raise AmbiguousTime(choices=found)
    return found[choice]


def parse_time(text: str) -> time:
    """19:30, 7:30 pm, 1930, 19h30 or 19; raises `NotATime`."""
    match = _CLOCK.match(text)
    if not match:
        raise NotATime()
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise NotATime()
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise NotATime()
    return time(hour, minute)


def parse_date(text: str) -> date:
    """2027-03-28 (as browsers send it), or 28.3.2027 and 28/3/2027; raises `NotATime`."""
    cleaned = text.strip()
    try:
        return date.fromisoformat(cleaned)
    except ValueError:
        pass
    parts = re.split(r"[./ -]", cleaned)
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        raise NotATime(_("Write the date like 28.3.2027.")) from None


def zone_name(moment: datetime, zone: str) -> str:
    """CET, GMT or, where the zone has no letters, +01."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Z")


@dataclass(frozen=True)
class Shown:
    """A moment as text: `local` with the zone's letters, `utc` short, `machine` for `<time datetime>`."""

    local: str
    utc: str
    machine: str

    def __str__(self) -> str:
        return self.local if self.local.endswith(f" {self.utc}") else f"{self.local} ({self.utc})"


def shown(moment: datetime, zone: str, language: str = "en", *, near: datetime | None = None) -> Shown:
    """"Mon 14 Dec 2026, 09:00 SAST" and "07:00 UTC"; the date of UTC is named when it differs.

    Beside other times about `near` the year is not named, nor that day itself: "09:00 SAST".
    """
    there = moment.astimezone(ZoneInfo(zone or "UTC"))
    utc = moment.astimezone(UTC)
    day = format_date(there.date(), "EEE d MMM" if near else "EEE d MMM y", locale=language) + ", "
    if near and near.astimezone(there.tzinfo).date() == there.date():
        day = ""
    short = _with_day(f"{utc:%H:%M} UTC", utc, there, language)
    hour = f"{there:%H:%M} {zone_name(moment, zone or 'UTC')}"
    if get_language_info(language)["bidi"]:
        hour, short = f"{APART}{hour}{AGAIN}", f"{APART}{short}{AGAIN}"
    return Shown(f"{day}{hour}", short, there.isoformat(timespec="minutes"))


def spoken(moment: datetime, zone: str, language: str = "en") -> str:
    """The long form of the time line: "18:00 CEST (16:00 UTC) on Thursday 12 June"."""
    there = moment.astimezone(ZoneInfo(zone or "UTC"))
    letters = zone_name(moment, zone or "UTC")
    hours = f"{_hours(there, language)} {letters}"
    if letters != "UTC":
        utc = moment.astimezone(UTC)
        hours += f" ({_with_day(f'{_hours(utc, language)} UTC', utc, there, language)})"
    day = named_day(there.date(), language)
    if language == "fr":
        return f"le {day} à {hours}"
    if language == "es":
        return f"el {day} a las {hours}"
    return f"{hours} on {day}"


_DAYS = {
    "en": ("en_GB", "EEEE d MMMM", " y"),
    "fr": ("fr", "EEEE d MMMM", " y"),
    "es": ("es", "EEEE d 'de' MMMM", " 'de' y"),
}


def named_day(day: date, language: str, *, year: bool = False) -> str:
    """Thursday 12 June, jeudi 12 juin, jueves 12 de junio; the first is "1er" in French."""
    locale, form, and_year = _DAYS.get(language, _DAYS["en"])
    said = format_date(day, form + and_year if year else form, locale=locale)
    return said.replace(" 1 ", " 1er ") if language == "fr" else said


def whole_days(start: datetime, end: datetime, zone: str) -> tuple[date, date] | None:
    """The first and the last day, if in `zone` it begins with a day and ends with one."""
    place = ZoneInfo(zone or "UTC")
    first, after = start.astimezone(place), end.astimezone(place)
    if first.time() != time(0) or after.time() != time(0) or first.date() >= after.date():
        return None
    return first.date(), after.date() - timedelta(days=1)


def _hours(at: datetime, language: str) -> str:
    """18:00; French writes 18 h and 18 h 30."""
    if language != "fr":
        return f"{at:%H:%M}"
    return f"{at.hour} h {at:%M}" if at.minute else f"{at.hour} h"


def _with_day(hours: str, utc: datetime, there: datetime, language: str) -> str:
    """16:00 UTC, and Sun 23:10 UTC where the date there is another."""
    return hours if utc.date() == there.date() else f"{format_datetime(utc, 'EEE', locale=language)} {hours}"


def brief(span: timedelta) -> str:
    """A span in at most two units: "42 min", "1 h 32 min", "3 d 4 h"; in the active language."""
    minutes = int(abs(span).total_seconds() // 60)
    facts = {"days": minutes // 1440, "hours": minutes // 60 % 24, "minutes": minutes % 60}
    if facts["days"]:
        return gettext("%(days)d d %(hours)d h") % facts
    if facts["hours"]:
        return gettext("%(hours)d h %(minutes)d min") % facts
    return gettext("%(minutes)d min") % facts
