"""What became of a place: hours of downtime, promised updates, estimates beside what came; drawn and as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from base import charts
from base.sheets import moment
from contacts.models import Place
from notices import record
from notices.models import ImpactRow, Version
from notices.querysets import VersionQuerySet

from .drawings import Drawing, by_month

HISTORY = 20
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def public_versions(place: Place, now: datetime) -> VersionQuerySet:
    """Every version that went out and speaks of the place, with the versions of its thread that do not."""
    speaking = Version.objects.filter(rows__place=place, status="Actual").values("notice")
    found: VersionQuerySet = Version.objects.public().filter(
        notice__in=speaking, status="Actual", issued_at__lte=now
    )
    return found


@dataclass(frozen=True)
class Promises:
    """Those whose hour lies in one month."""

    first: date
    promised: int
    in_time: int

    @property
    def percent(self) -> float | None:
        return 100 * self.in_time / self.promised if self.promised else None


class Past:
    """What the versions of a place tell of its past."""

    def __init__(self, place: Place, now: datetime) -> None:
        rows = Prefetch("rows", queryset=ImpactRow.objects.select_related("place").order_by("position"))
        versions = public_versions(place, now).select_related("notice__office").prefetch_related("texts", rows)
        self.place, self.now, self.threads = place, now, record.threads(versions)
        self.zone = place.time_zone or "UTC"

    @cached_property
    def months(self) -> list[record.Month]:
        code = self.place.locode
        spans = [span for thread in self.threads for span in record.shut_spans(thread, code, now=self.now)]
        return record.by_month(spans, zone=self.zone, now=self.now)

    @property
    def hours(self) -> float:
        return sum(month.hours for month in self.months)

    @cached_property
    def reopenings(self) -> list[record.Reopening]:
        found = [one for thread in self.threads if (one := record.reopening(thread, now=self.now))]
        return sorted(found, key=lambda one: one.actual_at, reverse=True)

    @cached_property
    def promises(self) -> list[tuple[str, datetime, timedelta | None]]:
        """Reference, hour and by how much it was late, if at all; the newest first."""
        found = [
            (str(thread[0].notice.reference), due, late)
            for thread in self.threads
            for due, late in record.promises(thread, now=self.now)
        ]
        return sorted(found, key=lambda one: one[1], reverse=True)

    @cached_property
    def promises_by_month(self) -> list[Promises]:
        here, found = ZoneInfo(self.zone), []
        for first in record.first_days(self.now.astimezone(here).date()):
            own = [late for _of, due, late in self.promises if due.astimezone(here).date().replace(day=1) == first]
            found.append(Promises(first, len(own), sum(late is None for late in own)))
        return found

    @property
    def kept(self) -> Promises:
        """Of the same twelve months."""
        several = self.promises_by_month
        return Promises(several[0].first, sum(one.promised for one in several), sum(one.in_time for one in several))

    @property
    def spells(self) -> list[record.Spell]:
        found = [one for thread in self.threads for one in record.spells(thread, self.place.locode, now=self.now)]
        return sorted(found, key=lambda one: one.starts_at, reverse=True)[:HISTORY]

    @property
    def hours_drawn(self) -> Drawing:
        return by_month([(month.first, month.hours or None) for month in self.months], unit=_("h"))

    @property
    def promises_drawn(self) -> Drawing:
        return by_month([(one.first, one.percent) for one in self.promises_by_month], unit="%", lines=2)

    @property
    def reopenings_drawn(self) -> charts.Apart:
        several = [(str(one.version.notice.reference), one.late / HOUR) for one in self.reopenings]
        return charts.apart(several, unit=_("h"))


def _downtime(past: Past) -> Iterator[list[Any]]:
    yield [_("Month"), _("Hours")]
    yield from ([f"{month.first:%Y-%m}", round(month.hours, 2)] for month in past.months)


def _promises(past: Past) -> Iterator[list[Any]]:
    yield [_("Notice"), _("Next update by (UTC)"), _("In time"), _("Minutes late")]
    for reference, due, late in past.promises:
        yield [reference, moment(due), _("no") if late else _("yes"), round(late / MINUTE) if late else 0]


def _reopenings(past: Past) -> Iterator[list[Any]]:
    yield [_("Notice"), _("First estimate (UTC)"), _("Actual (UTC)"), _("Minutes later")]
    for one in past.reopenings:
        facts = [moment(one.estimated_at), moment(one.actual_at), round(one.late / MINUTE)]
        yield [one.version.notice.reference, *facts]


# The tables behind the drawings, by the name of their file; the first row holds the headings.
TABLES: dict[str, Callable[[Past], Iterator[list[Any]]]] = {
    "downtime": _downtime, "promises": _promises, "reopenings": _reopenings,
}  # fmt: skip


def headed(rows: Iterator[list[Any]]) -> tuple[Sequence[str], Iterator[list[Any]]]:
    return next(rows), rows
