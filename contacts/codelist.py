"""The code list in the address book: a release stored in one go, over what administrators changed."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from base import audit
from base.words import Mode

from . import zones
from .models import Place
from .models.places import fold, keys_of
from .unlocode import Entry, Release, add_aliases

# Multimodal, fixed installation, economic zone and border crossing say nothing of how one gets there.
MODE_OF = {
    "1": Mode.MARITIME,
    "2": Mode.RAIL,
    "3": Mode.ROAD,
    "4": Mode.AIR,
    "5": Mode.POST,
    "8": Mode.INLAND_WATERWAY,
}
SLICE = 4_000  # rows in one statement

_COLUMNS = (
    "locode", "names", "aliases", "sort_key", "fold_key", "country", "subdivision", "functions", "iata", "latitude",
    "longitude", "time_zone", "zone_state", "modes", "listing", "follower", "listed_on",
)  # fmt: skip
_STAGE = """
DROP TABLE IF EXISTS pg_temp.release;
CREATE TEMPORARY TABLE release ON COMMIT DROP AS
    SELECT 0 AS number, {columns} FROM contacts_place LIMIT 0;
CREATE INDEX ON release (number);
CREATE INDEX ON release (locode)
"""
# The modes that follow from the functions; others were set by somebody, and stay.
_FOLLOWING = "array_remove(ARRAY[{cases}]::varchar(20)[], NULL)"
_UPDATE = """
UPDATE contacts_place p SET ({columns}) = ROW({fresh})
FROM (
    SELECT r.*,
        coalesce(r.latitude, o.latitude) AS next_latitude,
        CASE WHEN r.latitude IS NULL THEN o.longitude ELSE r.longitude END AS next_longitude,
        CASE WHEN o.zone_state = 'confirmed' THEN o.time_zone ELSE r.time_zone END AS next_time_zone,
        CASE WHEN o.zone_state = 'confirmed' THEN o.zone_state ELSE r.zone_state END AS next_zone_state,
        CASE WHEN o.modes = {following} THEN r.modes ELSE o.modes END AS next_modes
    FROM release r JOIN contacts_place o USING (locode)
    WHERE r.number >= %s AND r.number < %s
) n
WHERE p.locode = n.locode AND ({old}) IS DISTINCT FROM ({fresh})
"""
_INSERT = """
INSERT INTO contacts_place ({columns}, region)
SELECT {columns}, '' FROM release WHERE number >= %s AND number < %s
ON CONFLICT (locode) DO NOTHING
"""
_GONE = """
UPDATE contacts_place p SET listing = 'gone'
WHERE p.listing IN ('listed', 'leaving') AND p.country = ANY(%s)
    AND NOT EXISTS (SELECT FROM release r WHERE r.locode = p.locode)
"""


@dataclass
class Stored:
    """What a load did. `lost`: references that lead to no place, or to several."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    zones: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


def store(release: Release, *, by: Any, now: datetime, tick: Callable[[int, int], None]) -> Stored:
    """Adds and updates the places of `release`, all or none; `tick` hears how many of them are stored.

    Own names, a confirmed zone, modes and the office stay as somebody set them. What is missing from a country of
    the release is marked as gone.
    """
    done = Stored(lost=add_aliases(release, fold))
    of = len(release.places)
    with transaction.atomic(), connection.cursor() as cursor:
        # Readers, and notices that point to places, go on; a second load and editors of places wait.
        cursor.execute("LOCK TABLE contacts_place IN SHARE ROW EXCLUSIVE MODE")
        _stage(cursor, release, done)
        for start in range(0, of, SLICE):
            cursor.execute(_update(), [start, start + SLICE])
            done.changed += cursor.rowcount
            cursor.execute(_INSERT.format(columns=", ".join(_COLUMNS)), [start, start + SLICE])
            done.added += cursor.rowcount
            tick(min(start + SLICE, of), of)
        cursor.execute(_GONE, [sorted({entry.country for entry in release.places.values()})])
        done.gone = cursor.rowcount
        facts = {"places": of, "added": done.added, "changed": done.changed, "gone": done.gone}
        audit.record(actor=by, action="places.load", target="places", facts=facts, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('place_words'); ANALYZE contacts_place")
    return done


def modes_of(functions: str) -> list[str]:
    return [str(mode) for sign, mode in MODE_OF.items() if sign in functions]


def _update() -> str:
    case = "CASE WHEN strpos(o.functions, '{}') > 0 THEN '{}' END"
    cases = ", ".join(case.format(sign, mode) for sign, mode in MODE_OF.items())
    kept = ("latitude", "longitude", "time_zone", "zone_state", "modes")
    columns = _COLUMNS[1:]
    return _UPDATE.format(
        columns=", ".join(columns),
        old=", ".join(f"p.{name}" for name in columns),
        fresh=", ".join(f"n.next_{name}" if name in kept else f"n.{name}" for name in columns),
        following=_FOLLOWING.format(cases=cases),
    )


def _stage(cursor: Any, release: Release, done: Stored) -> None:
    """The release as a table beside the places."""
    cursor.execute(_STAGE.format(columns=", ".join(_COLUMNS)))
    own = _own_names(cursor)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, entry in enumerate(release.places.values()):
        values = _values(entry, own.get(entry.locode, {}))
        done.zones[values["zone_state"]] += 1
        writer.writerow([number, *("\\N" if values[name] is None else values[name] for name in _COLUMNS)])
    buffer.seek(0)
    cursor.copy_expert(f"COPY release (number, {', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv, NULL '\\N')", buffer)


def _own_names(cursor: Any) -> dict[str, dict[str, str]]:
    """Code → the names that did not come from the list."""
    cursor.execute("SELECT locode, names - 'list' FROM contacts_place WHERE names - 'list' <> '{}'")
    return {locode: json.loads(names) for locode, names in cursor.fetchall()}


def _values(entry: Entry, own: dict[str, str]) -> dict[str, Any]:
    names = own | {"list": entry.name}
    sort_key, fold_key = keys_of(names, entry.aliases, entry.iata)
    zone, certain = zones.zone_of(entry.country, entry.coordinates)
    latitude, longitude = entry.coordinates or (None, None)
    state = Place.ZoneState
    return {
        "locode": entry.locode,
        "names": json.dumps(names, ensure_ascii=False),
        "aliases": _array(entry.aliases),
        "sort_key": sort_key,
        "fold_key": fold_key,
        "country": entry.country,
        "subdivision": entry.subdivision,
        "functions": entry.functions,
        "iata": entry.iata,
        "latitude": latitude,
        "longitude": longitude,
        "time_zone": zone,
        "zone_state": state.ONLY if certain else state.ASSUMED if zone else state.MISSING,
        "modes": _array(modes_of(entry.functions)),
        "listing": Place.Listing.LEAVING if entry.leaving else Place.Listing.LISTED,
        "follower": entry.follower,
        "listed_on": entry.listed_on,
    }


def _array(items: list[str]) -> str:
    """A literal of PostgreSQL."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
