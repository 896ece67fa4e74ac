"""What comes from outside as the beginning of a draft: texts, levels, start and places, as far as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from base.text import one_line, prose
from base.words import Certainty, Direction, Language, Mode, PlaceStatus, Severity, Traffic, Urgency
from contacts.models import Place
from notices.drafting import Draft
from notices.titles import LONGEST_TITLE

from .found import Area, Found

BLOCK = 4_000  # characters, as the editor takes them
ROWS = 80
SPOT = 120
LEVELS: tuple[tuple[str, Any], ...] = (("severity", Severity), ("urgency", Urgency), ("certainty", Certainty))
LAND = frozenset({Mode.ROAD, Mode.RAIL})


@dataclass(frozen=True)
class Spot:
    """A place of the message: ours where it can be told for certain, else only its name."""

    name: str
    place: Place | None = None


def spots(found: Found) -> list[Spot]:
    """By UN/LOCODE; else by name, if a place of our offices is wholly called so and no other."""
    codes = {code for area in found.areas for code in area.codes}
    by_code = {place.locode: place for place in Place.objects.filter(locode__in=codes)}
    names = [area.name for area in found.areas if area.name and not by_code.keys() & set(area.codes)]
    called = Place.objects.called(names) if names else {}
    ours = Place.objects.answered_for().in_bulk(list(called.values()))
    by_name = {name: ours[pk] for name, pk in called.items() if pk in ours}
    every = [spot for area in found.areas for spot in _spots(area, by_code, by_name)]
    return list({(spot.place.pk if spot.place else spot.name): spot for spot in every}.values())[:ROWS]


def _spots(area: Area, by_code: dict[str, Place], by_name: dict[str, Place]) -> list[Spot]:
    coded = [Spot(area.name, by_code[code]) for code in area.codes if code in by_code]
    name = one_line(area.name or " ".join(area.codes))[:SPOT]
    return coded or ([Spot(name, by_name.get(area.name))] if name else [])


def texts(found: Found) -> dict[str, dict[str, str]]:
    """Our languages → title, body, instruction; one that is none of ours stands where the official text belongs."""
    kept: dict[str, dict[str, str]] = {}
    foreign: list[dict[str, str]] = []
    for tag, words in found.texts.items():
        language = ours(tag) if tag else settings.FAIRWAY_OFFICIAL_LANGUAGE
        shown = {name: _short(name, said) for name, said in words.items()}
        if language:
            kept.setdefault(language, shown)
        else:
            foreign.append(shown)
    if foreign and not kept:
        kept[settings.FAIRWAY_OFFICIAL_LANGUAGE] = foreign[0]
    return kept


def ours(tag: str) -> str:
    """The language of ours that a tag such as "en-US" names; empty for another."""
    code = tag.partition("-")[0].lower()
    return code if code in Language.values else ""


def foreign_languages(found: Found) -> list[str]:
    """Tags of the texts that are in none of our languages: somebody has to translate them."""
    return [tag for tag in found.texts if tag and not ours(tag)]


def _short(name: str, said: str) -> str:
    # Among what officers write, [words](address) is a link: outside, nobody here has chosen where it leads.
    plain = (one_line(said) if name == "title" else prose(said)).replace("](", "] (")
    limit = LONGEST_TITLE if name == "title" else BLOCK
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def kind_of(found: Found, where: list[Spot]) -> str:
    """The kind to propose; who makes the draft may choose another."""
    if not found.severity:
        return "advisory"  # a news entry says of no place what it is
    if found.category == "Infra" or "system" in found.title.casefold():
        return "system_outage"
    modes = {mode for spot in where if spot.place for mode in spot.place.modes}
    return "border_closure" if modes and modes <= LAND else "port_downtime"


def levels(found: Found) -> dict[str, str]:
    return {name: value for name, words in LEVELS if (value := getattr(found, name)) in words.values}


def draft(found: Found, where: list[Spot], *, zone: str, ends: bool, now: datetime) -> Draft:
    """A draft that says no more than the message: each place with the status "unknown", for everybody.

    CAP `expires` is how long a message holds and decides nothing; it becomes the end only if `ends` says so.
    """
    start = found.onset
    end = found.expires if ends and found.expires and found.expires > (start or now) else None
    first = next((spot.place.time_zone for spot in where if spot.place and spot.place.time_zone), zone)
    return Draft(
        fields={**levels(found), "starts_at": start, "ends_at": end, "time_zone": first},
        texts=texts(found),
        rows=[_row(spot, first, start or now) for spot in where],
    )


def _row(spot: Spot, zone: str, start: datetime) -> dict[str, Any]:
    place = spot.place
    zone = (place.time_zone if place else "") or zone
    return {
        "place_id": place.pk if place else None,
        "place_name": "" if place else spot.name,
        "modes": (place.modes if place else None) or list(Mode.values),
        "directions": list(Direction.values),
        "traffic": list(Traffic.values),
        "status": PlaceStatus.UNKNOWN,
        "time_zone": zone,
        "starts_at": start,
        "starts_local": f"{start.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}",
    }
