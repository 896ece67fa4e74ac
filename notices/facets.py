"""Who a version concerns, as row tuples. Matching them to people is the address book's work."""

from __future__ import annotations

from typing import Any

from base.words import CapStatus

from .models import Version


def facets_of(version: Version) -> dict[str, Any]:
    """JSON for `delivery.Publication.audience`.

    `rows`: one product per impact row (place id, country, modes, directions, traffic), matched row by row and
    never as separate sets. `severity` and `msg_type` hold for all of them. `earlier` lists the publications of
    former versions, whose recipients must hear of this one. `drill` keeps exercises away from live lists.
    """
    rows = [
        {
            "place": row.place_id,
            "country": row.place.country if row.place else None,
            "modes": row.modes,
            "directions": row.directions,
            "traffic": row.traffic,
        }
        for row in version.rows.select_related("place").order_by("position")
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
    }
