"""Who a version concerns, as row tuples. Matching them to people is the address book's work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from base.words import SEVERITY_RANK, CapStatus, Lane, Mode, MsgType, Severity
from contacts.models import Organisation, Place

from .models import Listed, Version


def _places_of(office: Organisation) -> list[Place]:
    """The office's own places, else those of the whole administration."""
    return list(Place.objects.filter(office=office)) or list(Place.objects.exclude(office=None))


def lane_of(version: Version) -> Lane:
    """Critical: severe or worse, a Cancel of what went out, or a start that moved earlier."""
    if SEVERITY_RANK[Severity(version.severity)] <= SEVERITY_RANK[Severity.SEVERE]:
        return Lane.CRITICAL
    if version.msg_type == MsgType.CANCEL:
        return Lane.CRITICAL
    before = version.notice.versions.public().filter(number__lt=version.number).order_by("-number").first()
    if before and _begins_earlier(version, before):
        return Lane.CRITICAL
    return Lane.ROUTINE


def _begins_earlier(version: Version, before: Version) -> bool:
    """Whether it begins earlier anywhere; what is new in it is measured by the first of what was announced."""
    then = _starts(before)
    first = min(then.values(), default=datetime.max.replace(tzinfo=UTC))
    return any(start < then.get(where, first) for where, start in _starts(version).items())


def _starts(version: Version) -> dict[tuple[str, str], datetime]:
    """(place or system, mode) → when its first row begins."""
    found: dict[tuple[str, str], datetime] = {}
    for row in version.rows.all():
        for mode in row.modes or Mode.values:
            where = (str(row.place_id or row.place_name or row.system), str(mode))
            found[where] = min(row.starts_at, found.get(where, row.starts_at))
    return found


def earlier_of(version: Version) -> list[int]:
    """The publications of former versions."""
    former = version.notice.versions.filter(number__lt=version.number).order_by("number")
    return [pk for pk in former.values_list("publication_id", flat=True) if pk]


def _digests_before(version: Version) -> list[int]:
    """The digests that told former versions."""
    told = Listed.objects.filter(version__notice=version.notice_id, version__number__lt=version.number)
    return list(told.order_by("publication").values_list("publication_id", flat=True).distinct())


def facets_of(version: Version) -> dict[str, Any]:
    """JSON for `delivery.Publication.audience`.

    `rows`: one product per impact row (place id, country, modes, directions, traffic), matched row by row and
    never as separate sets. `severity` and `msg_type` hold for all of them. `earlier` lists the publications of
    former versions, whose recipients must hear of this one. `drill` keeps exercises away from live lists.
    `aeo` and `sectors` narrow to members of that kind. What is `urgent` waits for no digest.
    A place without a code concerns whoever follows a place of the office: nobody can follow what has no code.
    """
    rows = [
        {
            "place": place.pk,
            "country": place.country,
            "modes": row.modes,
            "directions": row.directions,
            "traffic": row.traffic,
        }
        for row in version.rows.select_related("place").order_by("position")
        for place in ([row.place] if row.place else _places_of(version.notice.office))
    ]
    return {
        "rows": rows,
        "severity": version.severity,
        "msg_type": version.msg_type,
        "earlier": [*earlier_of(version), *_digests_before(version)],
        "relayed_by": [],
        "urgent": lane_of(version) == Lane.CRITICAL,
        "drill": version.status != CapStatus.ACTUAL,
        "lists": None,
        "aeo": bool(version.audience.get("aeo")),
        "sectors": list(version.audience.get("sectors", ())),
    }


def leaves_at(version: Version, now: datetime) -> datetime:
    """When it goes out if it is approved `now`: then it matters whose quiet hours it is."""
    return max(now, version.publish_at or now)
