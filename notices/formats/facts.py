"""A notice as data, for every answer that programs read: public facts, never a person, a count or an inner remark."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from notices.cards import Card
from notices.models import ImpactRow
from notices.render import permanent_url
from notices.wording import Named


def iso(moment: datetime | None) -> str | None:
    """RFC 3339 with an offset, whole seconds; None stays None."""
    return moment.isoformat(timespec="seconds") if moment else None


def _row(row: ImpactRow, place: Named, ends_at: datetime | None) -> dict[str, Any]:
    """A row without an end of its own ends with the notice."""
    return {
        "place": {"code": place.code or None, "name": place.name},
        "modes": row.modes,
        "directions": row.directions,
        "traffic": row.traffic,
        "status": row.status,
        "qualifier": row.qualifier,
        "starts": iso(row.starts_at),
        "ends": iso(row.ends_at or ends_at) or "not known",
        "time_zone": row.time_zone,
    }


def notice(card: Card) -> dict[str, Any]:
    """One notice. `ends` is when the closure ends, "not known" until further notice."""
    version = card.version
    earlier = card.notice.reference and version.number > 1
    return {
        "id": f"urn:uuid:{card.notice.uid}",
        "reference": card.reference,
        "revision": version.number,
        "kind": card.notice.kind,
        "status": card.status,
        "state": card.state,
        "severity": version.severity,
        "language": card.language,
        "headline": card.headline,
        "truth_line": card.truth_line,
        "places": [
            _row(row, place, version.ends_at)
            for row, place in zip(version.rows.all(), card.wording.rows, strict=True)
        ],
        "starts": iso(version.starts_at),
        "ends": iso(version.ends_at) or "not known",
        "reopens_earliest": iso(version.reopens_earliest),
        "reopens_latest": iso(version.reopens_latest),
        "next_update": iso(version.next_update_at),
        "time_zone": card.zone,
        "updated": iso(version.issued_at),
        "url": permanent_url(version),
        "replaces": f"{card.reference}/{version.number - 1}" if earlier else None,
    }
