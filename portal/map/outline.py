"""Land as rings of degrees, cut to a window and drawn as one SVG path.

The file beside this module is made by `manage.py make_outline` from Natural Earth (public domain, 1:50m land), as the
npm package world-atlas carries it. It is no authority on boundaries, and draws none: land alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import cos, radians
from pathlib import Path

FILE = Path(__file__).parent / "land.json"
UNIT = 0.01  # degrees: what the file counts in
LEAST_SPAN = 4.0  # degrees that a map shows at least, so that one port has a coast around it
MARGIN = 0.12  # of the span, on each side
TALLEST, FLATTEST = 0.9, 0.4  # height by width
Point = tuple[float, float]  # longitude, latitude; or x, y
Ring = list[Point]


@dataclass(frozen=True)
class Window:
    """What a map shows, in degrees; `west` may be below -180 or `east` above 180, across the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        """How much narrower a degree of longitude is drawn than one of latitude."""
        return max(cos(radians((self.south + self.north) / 2)), 0.2)

    @property
    def ratio(self) -> float:
        """Height by width."""
        return (self.north - self.south) / ((self.east - self.west) * self.scale)

    def xy(self, longitude: float, latitude: float, width: float) -> Point:
        """Where a point is drawn on a map of so many units, from the upper left."""
        per_degree = width / (self.east - self.west)
        return (self.near(longitude) - self.west) * per_degree, (self.north - latitude) * per_degree / self.scale

    def near(self, longitude: float) -> float:
        """The same meridian, counted so that it lies in the window where it can."""
        middle = (self.west + self.east) / 2
        return longitude + 360 * round((middle - longitude) / 360)


def window(points: Sequence[Point]) -> Window:
    """The smallest one with all of them and a margin: of two ways around the world the shorter."""
    if not points:
        return Window(-180, -58, 180, 78)
    west, east = _shortest([longitude for longitude, _latitude in points])
    south, north = (pick(latitude for _longitude, latitude in points) for pick in (min, max))
    west, east = _widened(west, east, LEAST_SPAN)
    south, north = _widened(south, north, LEAST_SPAN / 2)
    made = Window(west, max(south, -88), east, min(north, 88))
    if made.ratio > TALLEST:
        half = (made.north - made.south) / TALLEST / made.scale / 2
        middle = (west + east) / 2
        return Window(middle - half, made.south, middle + half, made.north)
    if made.ratio < FLATTEST:
        half = (east - west) * made.scale * FLATTEST / 2
        middle = min(max((made.south + made.north) / 2, half - 88), 88 - half)
        return Window(west, middle - half, east, middle + half)
    return made


def _shortest(longitudes: Iterable[float]) -> tuple[float, float]:
    """Leaves out the widest gap between neighbours, which may be the one across 180."""
    known = sorted({(longitude + 180) % 360 - 180 for longitude in longitudes})
    gaps = [(after - before, after) for before, after in zip(known, [*known[1:], known[0] + 360], strict=True)]
    widest, after = max(gaps)
    west = after if after <= 180 else after - 360
    return west, west + 360 - widest


def _widened(low: float, high: float, least: float) -> tuple[float, float]:
    span = max(high - low, least)
    middle, half = (low + high) / 2, span * (0.5 + MARGIN)
    return middle - half, middle + half


@cache
def land() -> tuple[tuple[tuple[float, float, float, float], Ring], ...]:
    """Every ring with its west, south, east and north."""
    rings = [[(x * UNIT, y * UNIT) for x, y in zip(flat[::2], flat[1::2], strict=True)] for flat in _read()]
    return tuple((_bounds(ring), ring) for ring in rings)


def _read() -> list[list[int]]:
    found: list[list[int]] = json.loads(FILE.read_text(encoding="ascii"))["rings"]
    return found


def _bounds(ring: Ring) -> tuple[float, float, float, float]:
    longitudes, latitudes = [x for x, _y in ring], [y for _x, y in ring]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


@lru_cache(maxsize=64)
def path(shown: Window, width: int) -> str:
    """The `d` of an SVG path of all land in the window, on a map so many units wide; finer detail is left out."""
    drawn = []
    for (west, south, east, north), ring in land():
        if north < shown.south or south > shown.north:
            continue
        for turn in (-360, 0, 360):  # land on the other side of the antimeridian lies a turn away
            if west + turn <= shown.east and east + turn >= shown.west:
                drawn.append(_drawn([(x + turn, y) for x, y in ring], shown, width))
    return "".join(drawn)


def _drawn(ring: Ring, shown: Window, width: int) -> str:
    per_degree = width / (shown.east - shown.west)
    inside = clipped(ring, shown)
    points = simplified(
        [((x - shown.west) * per_degree, (shown.north - y) * per_degree / shown.scale) for x, y in inside], 0.7
    )
    if len(points) < 4:
        return ""
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points[:-1]) + "Z"


def clipped(ring: Ring, shown: Window) -> Ring:
    """The part of a closed ring within the window, side by side (Sutherland and Hodgman, 1974); closed again."""
    sides: list[tuple[int, float, Callable[[float, float], bool]]] = [
        (0, shown.west, float.__ge__), (0, shown.east, float.__le__),
        (1, shown.south, float.__ge__), (1, shown.north, float.__le__),
    ]  # fmt: skip
    points = ring[:-1] if ring and ring[0] == ring[-1] else ring
    for axis, limit, within in sides:
        kept: Ring = []
        for before, after in zip([*points[-1:], *points[:-1]], points, strict=True):
            was, now = within(float(before[axis]), limit), within(float(after[axis]), limit)
            if was != now:
                kept.append(_cut(before, after, axis, limit))
            if now:
                kept.append(after)
        points = kept
    return [*points, points[0]] if points else []


def _cut(one: Point, other: Point, axis: int, limit: float) -> Point:
    share = (limit - one[axis]) / (other[axis] - one[axis])
    across = one[1 - axis] + share * (other[1 - axis] - one[1 - axis])
    return (limit, across) if axis == 0 else (across, limit)


def simplified(ring: Ring, tolerance: float) -> Ring:
    """Without points that lie within `tolerance` of the line without them (Douglas and Peucker, 1973)."""
    if len(ring) < 5:
        return ring
    far = max(range(len(ring)), key=lambda at: (ring[at][0] - ring[0][0]) ** 2 + (ring[at][1] - ring[0][1]) ** 2)
    keep = {0, far, len(ring) - 1}
    spans = [(0, far), (far, len(ring) - 1)]
    while spans:
        start, end = spans.pop()
        at, distance = _farthest(ring, start, end)
        if distance > tolerance:
            keep.add(at)
            spans += [(start, at), (at, end)]
    return [ring[at] for at in sorted(keep)]


def _farthest(ring: Ring, start: int, end: int) -> tuple[int, float]:
    (x1, y1), (x2, y2) = ring[start], ring[end]
    dx, dy = x2 - x1, y2 - y1
    length = (dx * dx + dy * dy) ** 0.5
    best, most = start, -1.0
    for at in range(start + 1, end):
        x, y = ring[at]
        off = abs(dy * (x - x1) - dx * (y - y1)) / length if length else ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
        if off > most:
            best, most = at, off
    return best, most
