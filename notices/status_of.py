"""Status now of places from the stored versions: one query for the versions, one for their rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch, Q

from base.words import CapStatus, MsgType
from contacts.models import Place

from .models import ImpactRow, Version
from .status import PlaceNow, StatusRow, StatusVersion, fold, places_now


def key_of(row: ImpactRow) -> str:
    """What the row speaks of: the code of a place, its name where it has none, or a system."""
    return row.place.locode if row.place else row.place_name or row.system


def reference_of(version: Version) -> str:
    return version.notice.reference or str(version.notice.uid)


def as_row(row: ImpactRow) -> StatusRow:
    return StatusRow(
        place=key_of(row),
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        modes=tuple(row.modes),
        directions=tuple(row.directions),
        traffic=tuple(row.traffic),
        zone=row.time_zone,
        hours=str(row.qualifier.get("hours") or ""),
        days=str(row.qualifier.get("days") or ""),
    )


# What decides whether a row says something at a moment, and what.
SAYS = ("status", "starts_at", "ends_at", "time_zone", "qualifier")


def as_pattern(
    status: str, starts_at: datetime, ends_at: datetime | None, zone: str, qualifier: dict[str, object]
) -> StatusRow:
    """A row without what it speaks of, from its `SAYS`."""
    hours, days = str(qualifier.get("hours") or ""), str(qualifier.get("days") or "")
    return StatusRow(
        place="", status=status, starts_at=starts_at, ends_at=ends_at, zone=zone, hours=hours, days=days
    )


def as_status(version: Version, now: datetime) -> StatusVersion:
    return StatusVersion(
        notice=reference_of(version),
        number=version.number,
        issued_at=version.issued_at or now,
        rows=tuple(as_row(row) for row in version.rows.all()),
        withdrawn=version.msg_type == MsgType.CANCEL,
    )


def issued_now(now: datetime) -> list[Version]:
    """Every version in force with rows not over: the issued one of each notice that is meant; four queries at most.

    A place that many rows speak of is read once.
    """
    lasting = ImpactRow.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).prefetch_related("place", "agency")
    return list(
        Version.objects.filter(state=Version.State.ISSUED, issued_at__lte=now, status=CapStatus.ACTUAL)
        .filter(Q(ends_at=None) | Q(ends_at__gt=now))
        .exclude(msg_type=MsgType.CANCEL)
        .select_related("notice__office")
        .defer("sheets", "diversion", "audience", "correction", "spoken")  # nothing of a status is in them
        .prefetch_related(Prefetch("rows", queryset=lasting.order_by("position")))
    )


def live_versions(now: datetime) -> list[StatusVersion]:
    return [as_status(version, now) for version in issued_now(now)]


def status_now(locodes: Iterable[str], *, now: datetime) -> dict[str, PlaceNow]:
    """What each place is at `now`; five queries at most, however many places and notices there are."""
    asked = list(locodes)
    modes = dict(Place.objects.filter(locode__in=asked).values_list("locode", "modes"))
    return places_now(fold(live_versions(now), now=now, place_modes=modes), asked)
