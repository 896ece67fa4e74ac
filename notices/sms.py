"""Short texts: what is left out, in order, when one must be shorter. Pure; its parts are counted by `base.short`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from base.short import SINGLE, Encoding, measure
from base.words import PlaceStatus

from .truth import Clause, Row, segments
from .truth.cells import Qualifier, groups_of
from .truth.line import marked, place_label

TRAVELLERS = frozenset({"passengers", "essential", "nonessential"})
PARTS = 2


@dataclass(frozen=True)
class Facts:
    """What a short text is made from. `home`: the places of the reader, empty when they are not known."""

    reference: str
    title: str
    url: str
    rows: Sequence[Row]
    language: str
    place_names: Mapping[str, str]
    place_modes: Mapping[str, Sequence[str]]
    again: bool = False
    withdrawn: bool = False
    exercise: bool = False
    home: frozenset[str] = frozenset()


def _without_brackets(rows: Sequence[Row]) -> list[Row]:
    return [
        replace(row, qualifier=Qualifier(hours=row.qualifier.hours, days=row.qualifier.days)) for row in rows
    ]


def _at_home(rows: Sequence[Row], home: frozenset[str]) -> list[Row]:
    """The rows as far as they speak of the reader's places."""
    return [
        replace(row, places=tuple(place for place in row.places if place in home))
        for row in rows
        if home & set(row.places)
    ]


def _without_open_travellers(clauses: Sequence[Clause]) -> list[Clause]:
    """Leaves out clauses that only say travellers pass; the label of one left out goes to its neighbour."""
    kept: list[Clause] = []
    label = ""
    for clause in clauses:
        label = clause.label or label
        if clause.status == PlaceStatus.OPEN and clause.about and TRAVELLERS.issuperset(clause.about):
            continue
        kept.append(replace(clause, label=label))
        label = ""
    return kept


def _clauses(facts: Facts, rows: Sequence[Row]) -> list[Clause]:
    found: list[Clause] = []
    for counted in (False, True):
        found = segments(
            rows,
            facts.language,
            place_names=facts.place_names,
            place_modes=facts.place_modes,
            again=facts.again,
            counted=counted,
        )
        if len(_line(facts, found)) <= SINGLE[Encoding.GSM7]:
            break
    return found


def _line(facts: Facts, clauses: Sequence[Clause]) -> str:
    words = " ".join(clause.spoken for clause in clauses)
    return marked(words, facts.language, withdrawn=facts.withdrawn, exercise=facts.exercise)


def _untitled(facts: Facts, rows: Sequence[Row], clauses: Sequence[Clause]) -> str:
    """The line without a title: places that read the same are named in front, up to three, else counted."""
    groups = groups_of(rows, facts.place_modes)
    if len(groups) != 1 or not clauses:
        return _line(facts, clauses)
    first = clauses[0]
    places = place_label(facts.language, groups[0], facts.place_names)
    label = f"{places}, {first.label[:1].lower()}{first.label[1:]}" if first.label else places
    return _line(facts, [replace(first, label=label), *clauses[1:]])


def _candidates(facts: Facts) -> Iterator[str]:
    """From the whole to the least: the title goes first, then other places, brackets, open travellers."""
    whole = _clauses(facts, facts.rows)
    yield f"{facts.title.rstrip('.')}. {_line(facts, whole)}"
    yield _untitled(facts, facts.rows, whole)
    rows = _at_home(facts.rows, facts.home) or list(facts.rows)
    yield _untitled(facts, rows, _clauses(facts, rows))
    bare = _without_brackets(rows)
    clauses = _clauses(facts, bare)
    yield _untitled(facts, bare, clauses)
    yield _untitled(facts, bare, _without_open_travellers(clauses))


def short_text(facts: Facts, *, parts: int = PARTS) -> str:
    """Reference, headline, address in at most `parts`, if that can be; no clause on cargo is ever left out or cut."""
    text = ""
    for line in _candidates(facts):
        text = " ".join(part for part in (facts.reference, line, facts.url) if part)
        if measure(text).parts <= parts:
            break
    return text
