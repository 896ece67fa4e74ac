"""Who a version concerns, as row tuples. Matching them to people is the address book's work."""

from __future__ import annotations

from typing import Any

from base.words import CapStatus
from contacts.models import Organisation, Place

from .models import Version


def _places_of(office: Organisation) -> list[Place]:
    """The office's own places, else those of the whole administration."""
    return list(Place.objects.filter(office=office)) or list(Place.objects.exclude(office=None))


def facets_of(version: Version) -> dict[str, Any]:
    """JSON for `delivery.Publication.audience`.

    `rows`: one product per impact row (place id, country, modes, directions, traffic), matched row by row and
    never as separate sets. `severity` and `msg_type` hold for all of them. `earlier` lists the publications of
    former versions, whose recipients must hear of this one. `drill` keeps exercises away from live lists.
    `aeo` and `sectors` narrow to members of that kind.
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
    earlier = (
        version.notice.versions.filter(number__lt=version.number)
        .exclude(publication_id=None)
        .order_by("number")
        .values_list("publication_id", flat=True)
    )
    return {
        "rows": rows,
        "severity": version.severity,
        "msg_type": version.msg_type,
        "earlier": list(earlier),
        "relayed_by": [],
        "drill": version.status != CapStatus.ACTUAL,
        "lists": None,
        "aeo": bool(version.audience.get("aeo")),
        "sectors": list(version.audience.get("sectors", ())),
    }
