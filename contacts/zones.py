"""The time zone of a place, from what tz says of its country (`zone.tab` of the tzdata package)."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from importlib import resources
from math import cos, radians, sin
from typing import NamedTuple

from babel import Locale
from babel.dates import get_timezone_location

from .models.places import fold

_ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


class City(NamedTuple):
    """The city that a zone is named after; `spot` is a point on the unit sphere."""

    zone: str
    spot: tuple[float, float, float]


@cache
def cities() -> dict[str, list[City]]:
    """Country (ISO 3166-1 alpha-2) → its zones, the most populous first."""
    found: dict[str, list[City]] = defaultdict(list)
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, where, zone = line.split("\t")[:3]
            found[country].append(City(zone, _spot(*_degrees(where))))
    return dict(found)


def zones_of(country: str) -> list[str]:
    """Names of the country's zones; of every zone, and UTC, for what lies in no country."""
    if own := cities().get(country):
        return [city.zone for city in own]
    return ["UTC", *sorted({city.zone for several in cities().values() for city in several})]


def zone_of(country: str, coordinates: tuple[float, float] | None) -> tuple[str, bool]:
    """The zone, and whether it is certain: the country's only one, else its nearest city's, else ""."""
    own = cities().get(country, [])
    if len(own) == 1:
        return own[0].zone, True
    if not own or coordinates is None:
        return "", False
    x, y, z = _spot(*coordinates)
    return max(own, key=lambda city: x * city.spot[0] + y * city.spot[1] + z * city.spot[2]).zone, False


@cache
def named(language: str) -> list[tuple[str, str]]:
    """Every zone with its country and city, in the order of those words: Asia/Tokyo, Japan (Tokyo)."""
    countries = Locale.parse(language).territories
    found = [
        (city.zone, f"{countries.get(country, country)} ({_city(city.zone, language)})")
        for country, several in cities().items()
        for city in several
    ]
    return [*sorted(found, key=lambda one: fold(one[1])), ("UTC", "UTC")]


def _city(zone: str, language: str) -> str:
    """As the language calls it, else the last part of the zone's name."""
    called: str = get_timezone_location(zone, locale=language, return_city=True)
    return called.rpartition("/")[2]


def _spot(latitude: float, longitude: float) -> tuple[float, float, float]:
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def _degrees(text: str) -> tuple[float, float]:
    """±DDMM±DDDMM or ±DDMMSS±DDDMMSS, as zone.tab writes it."""
    found = _ISO_6709.fullmatch(text)
    if found is None:
        raise ValueError(text)
    values = []
    for sign, *parts in (found.groups()[:4], found.groups()[4:]):
        value = sum(int(part or 0) / 60**power for power, part in enumerate(parts))
        values.append(-value if sign == "-" else value)
    return values[0], values[1]
