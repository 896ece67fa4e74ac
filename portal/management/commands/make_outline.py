"""Makes the outline of land for the map from the npm package world-atlas (`npm pack world-atlas@2.0.2`)."""

from __future__ import annotations

import json
import tarfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.map.outline import FILE, UNIT, Ring, simplified

MEMBER = "package/land-50m.json"
TOLERANCE = 0.03  # degrees: three kilometres, less than a mark of the map is wide
SMALLEST = 0.05  # degrees: a rock below it is left out


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("package", type=Path, help="world-atlas-….tgz")
        parser.add_argument("--into", type=Path, default=FILE)

    def handle(self, *args: Any, package: Path, into: Path, **options: Any) -> None:
        with tarfile.open(package) as archive:
            member = archive.extractfile(MEMBER)
            if member is None:
                self.stderr.write(f"{MEMBER} is not in {package}")
                raise SystemExit(1)
            topology = json.load(member)
        rings = [simplified(ring, TOLERANCE) for ring in rings_of(topology)]
        kept = [_flat(ring) for ring in rings if len(ring) >= 4 and _size(ring) >= SMALLEST]
        source = "Natural Earth 1:50m land, public domain, by way of world-atlas 2.0.2"
        into.write_text(json.dumps({"source": source, "rings": kept}, separators=(",", ":")) + "\n", encoding="ascii")
        self.stdout.write(f"{len(kept)} rings, {sum(map(len, kept)) // 2} points, {into.stat().st_size // 1000} kB")


def rings_of(topology: dict[str, Any]) -> list[Ring]:
    """Every ring of the object `land` of a TopoJSON, in degrees: arcs are deltas, and ~n is arc n backwards."""
    (kx, ky), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * kx + x0, y * ky + y0))
        arcs.append(points)
    found = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                found.append(_joined([arcs[at] if at >= 0 else arcs[~at][::-1] for at in ring]))
    return found


def _joined(arcs: list[Ring]) -> Ring:
    ring = list(arcs[0])
    for arc in arcs[1:]:
        ring += arc[1:]
    return ring


def _size(ring: Ring) -> float:
    longitudes, latitudes = [x for x, _y in ring], [y for _x, y in ring]
    return max(max(longitudes) - min(longitudes), max(latitudes) - min(latitudes))


def _flat(ring: Ring) -> list[int]:
    return [round(number / UNIT) for point in ring for number in point]
