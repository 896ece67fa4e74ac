"""What customs learns of an audience: counts so coarse that neither a sum nor a second try betrays a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import audience
from .audience import Facets

FEWEST = 3
STEP = 5


@dataclass(frozen=True)
class Preview:
    """How many the whole version would reach now, and how many more once their associations relay it.

    `by_text`: telephones that get a text message, never part of the people.
    `later`: who follows it and hears by digest, or when the quiet hours end.

    Numbers are lower bounds, 0 is exact; None as a total is one or two, None in a table is not shown.
    """

    people: int | None
    on_relay: int | None
    by_association: dict[str, int | None]
    by_language: dict[str, int | None]
    relay_by_association: dict[str, int | None] = field(default_factory=dict)
    relay_by_language: dict[str, int | None] = field(default_factory=dict)
    later: int | None = 0
    by_text: int | None = 0

    @property
    def is_empty(self) -> bool:
        return self.people == 0 and self.on_relay == 0 and self.later == 0


def preview(facets: Facets) -> Preview:
    """For the whole version only: a count for one row would tell who keeps which list."""
    languages = audience.by_language(facets)
    total = sum(languages.values())
    told = total >= FEWEST
    at_once, relayed = audience.by_association(facets), audience.with_every_relay(facets)
    relayed_languages = audience.by_language(relayed)
    more = sum(relayed_languages.values()) - total
    digests = 0 if facets.urgent else audience.count(audience.with_every_follower(facets)) - total
    return Preview(
        people=coarse(total),
        on_relay=coarse(more),
        by_association=masked(at_once) if told else {},
        relay_by_association=masked(_more(audience.by_association(relayed), at_once)) if more >= FEWEST else {},
        by_language=masked(languages) if told else {},
        relay_by_language=masked(_more(relayed_languages, languages)) if more >= FEWEST else {},
        later=coarse(digests),
        by_text=coarse(audience.count_by_text(facets)),
    )


def _more(all_of_them: dict[str, int], at_once: dict[str, int]) -> dict[str, int]:
    found = {code: number - at_once.get(code, 0) for code, number in all_of_them.items()}
    return {code: number for code, number in found.items() if number > 0}


def few(number: int) -> int | None:
    """None for one or two."""
    return None if 0 < number < FEWEST else number


def coarse(number: int) -> int | None:
    """None for one or two, then 3, 5, 10, 15 …, rounded down; 0 stays, since it blocks."""
    if few(number) is None or number <= FEWEST:
        return few(number)
    return number - number % STEP or FEWEST


def masked(cells: dict[str, int]) -> dict[str, int | None]:
    """Coarse cells; with a single one under three, those that read as the next smallest are hidden as well."""
    shown = {name: coarse(cells[name]) for name in sorted(cells)}
    rest = [number for number in shown.values() if number is not None]
    least = min(rest) if len(shown) - len(rest) == 1 and rest else None
    return {name: None if number == least else number for name, number in shown.items()}
