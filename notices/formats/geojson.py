"""GeoJSON (RFC 7946): a feature for each place of a notice, longitude first; a place without coordinates is null."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from base.words import STATUS_RANK, PlaceStatus
from contacts.models import Place
from notices.cards import Card
from notices.models import ImpactRow

from . import facts
from .shape import Edition, Feed

MEDIA_TYPE = "application/geo+json"


def point(place: Place | None) -> dict[str, Any] | None:
    """WGS 84; the code list gives minutes of arc, so that four decimals (11 m) lose nothing."""
    if place is None or place.longitude is None or place.latitude is None:
        return None
    return {"type": "Point", "coordinates": [round(place.longitude, 4), round(place.latitude, 4)]}


def _features(card: Card) -> Iterator[dict[str, Any]]:
    """Rows of one place together, by the worst of what they say."""
    told = facts.notice(card)
    rows = told.pop("places")
    at: dict[tuple[str | None, str], list[tuple[ImpactRow, dict[str, Any]]]] = {}
    for row, said in zip(card.version.rows.all(), rows, strict=True):
        at.setdefault((said["place"]["code"], said["place"]["name"]), []).append((row, said))
    for (code, name), several in at.items():
        worst = min((said["status"] for _row, said in several), key=lambda status: STATUS_RANK[PlaceStatus(status)])
        yield {
            "type": "Feature",
            "id": f"{told['id']}#{code or name}",
            "geometry": point(several[0][0].place),
            "properties": told
            | {"place": {"code": code, "name": name}, "status": worst, "rows": [said for _row, said in several]},
        }


def write(edition: Edition) -> bytes:
    features = [feature for card in edition.cards for feature in _features(card)]
    document = {"type": "FeatureCollection", "as_of": facts.iso(edition.now), "features": features}
    return json.dumps(document, ensure_ascii=False).encode()


FEED = Feed("feed_geojson", "notices.geojson", MEDIA_TYPE, _("Map data"), write)
