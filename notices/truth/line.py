"""The sentence: labels, clauses and their order, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .cells import Group, Qualifier, Row, Segment, groups_of, mentioned
from .clauses import Spoken, Thing, clauses_of
from .words import FEMININE_ES, SPEECH, Speech, joined

LONGEST = 120
NAMED_PLACES = 3
PEOPLE = ("crew", "passengers", "nonessential", "essential")


@dataclass(frozen=True)
class Clause:
    """One clause as a page shows it: its status for the shape before it, its words, its label if it opens one.

    `about` names the traffic it speaks of: goods classes, crew, passengers, essential, nonessential.
    """

    status: str
    text: str
    label: str = ""
    about: tuple[str, ...] = ()
    colon: str = ": "

    @property
    def spoken(self) -> str:
        """With its label, if it has one: "Sea: closed to travellers."."""
        return f"{self.label}{self.colon}{_small(self.text)}" if self.label else self.text


def each_labelled(clauses: list[Clause]) -> list[Clause]:
    """For where each clause stands on a line of its own: a label rules all clauses up to the next label (rule 7)."""
    found: list[Clause] = []
    for clause in clauses:
        last = found[-1] if found else None
        if not clause.label and last and last.label:
            clause = replace(clause, label=last.label, colon=last.colon)
        found.append(clause)
    return found


def _article(speech: Speech, noun: str, way: str) -> str:
    article = speech.articles.get(way, "")
    return article.replace("los", "las") if noun in FEMININE_ES else article


def _directed(speech: Speech, thing: Thing, nouns: Sequence[str]) -> str:
    """The nouns with their directions, without an article for the first."""
    people = thing.name in PEOPLE
    names = [
        (speech.people_directions if people else speech.goods_directions)[direction]
        for direction in thing.directions
    ]
    phrase = joined(speech, names)
    words = joined(speech, nouns)
    if not speech.direction_first:
        return f"{words} {phrase}"
    return f"{phrase} {words}" if people or thing.name == "cargo" else f"{words} for {phrase}"


def _nouns(speech: Speech, thing: Thing, crew: str) -> tuple[str, ...]:
    if thing.name == "crew":
        return (speech.crew[crew],)
    if thing.other:
        return (speech.other_cargo,)
    return speech.traffic[thing.name]


def _phrases(speech: Speech, thing: Thing, way: str, crew: str) -> list[str]:
    nouns = _nouns(speech, thing, crew)
    if not thing.every_direction:
        return [_article(speech, nouns[0], way) + _directed(speech, thing, nouns)]
    if thing.besides:
        spared = [noun for name in thing.besides for noun in speech.traffic[name]]
        tail = speech.besides.format(joined(speech, spared))
        return [_article(speech, nouns[0], way) + nouns[0] + tail]
    return [_article(speech, noun, way) + noun for noun in nouns]


def _list(speech: Speech, phrases: Sequence[str]) -> str:
    """In English a comma parts an item that holds "and" from the next; French and Spanish repeat the article."""
    if speech.direction_first and len(phrases) > 1 and any(" and " in phrase for phrase in phrases[:-1]):
        return f"{', '.join(phrases[:-1])}, and {phrases[-1]}"
    return joined(speech, phrases)


def _number(value: float) -> str:
    return f"{value:g}"


def _qualified(speech: Speech, status: str, qualifier: Qualifier) -> str:
    inside = [speech.limits.get(qualifier.limit, qualifier.limit)] if qualifier.limit else []
    inside += [speech.values[name].format(n=_number(value)) for name, value in qualifier.value]
    text = f" ({', '.join(inside)})" if inside else ""
    if qualifier.hours:
        start, end = qualifier.hours.split("-")
        form = speech.open_hours if status == "open" else speech.other_hours
        days = speech.days.get(qualifier.days, qualifier.days)
        text += form.format(a=speech.hour(start), b=speech.hour(end), days=days)
    return text


def _clause(speech: Speech, spoken: Spoken, *, again: bool, crew: str) -> str:
    status = spoken.status
    way = "unknown" if status == "unknown" else "to"
    opening = speech.openings["again" if again and spoken.said.plain_open else status]
    things = [phrase for thing in spoken.things for phrase in _phrases(speech, thing, way, crew)]
    text = f"{opening} {speech.towards[way]}{_list(speech, things)}{speech.tails.get(status, '')}"
    text += _qualified(speech, status, spoken.qualifier)
    return text if text.endswith(".") else f"{text}."


def _mode_label(speech: Speech, segment: Segment) -> str:
    return joined(speech, [speech.modes[mode] for mode in segment.modes])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _place_label(speech: Speech, group: Group, total: int, names: Mapping[str, str], counted: bool) -> str:
    size = len(group.places)
    if size > NAMED_PLACES or (counted and size > 1):
        return speech.count.format(n=size, all=total)
    return joined(speech, [names.get(place, place) for place in group.places])


def _crew_word(rows: Sequence[Row], groups: Sequence[Group]) -> str:
    modes = {mode for group in groups for segment in group.segments for mode in segment.modes}
    if modes == {"road"}:
        return "road_only"
    return "mixed" if "road" in modes else "no_road"


def _front_modes(groups: Sequence[Group]) -> tuple[str, ...]:
    """The modes said once in front: every place has the same single, labelled segment."""
    segments = [segment for group in groups for segment in group.segments]
    single = all(len(group.segments) == 1 for group in groups)
    same = len({segment.modes for segment in segments}) == 1
    return segments[0].modes if single and same and any(segment.labelled for segment in segments) else ()


def segments(
    rows: Sequence[Row],
    language: str,
    *,
    place_names: Mapping[str, str],
    place_modes: Mapping[str, Sequence[str]],
    again: bool = False,
    counted: bool = False,
) -> list[Clause]:
    """The clauses in order, each with its status; a clause with a label opens what the label rules."""
    speech = SPEECH.get(language, SPEECH["en"])
    groups = groups_of(rows, place_modes)
    total = sum(len(group.places) for group in groups)
    crew = _crew_word(rows, groups)
    front = _front_modes(groups)
    found: list[Clause] = []
    for group in groups:
        for segment in group.segments:
            parts = []
            if len(groups) > 1:  # a label rules up to the next one, so each names its place
                parts.append(_place_label(speech, group, total, place_names, counted))
            if segment.labelled and not front:
                parts.append(_mode_label(speech, segment))
            label = _capital(", ".join(parts))
            for place, spoken in enumerate(clauses_of(segment.table)):
                text = _clause(speech, spoken, again=again, crew=crew)
                about = tuple(thing.name for thing in spoken.things)
                found.append(Clause(spoken.status, text, label if place == 0 else "", about, speech.colon))
    if front and found:
        words = _capital(joined(speech, [speech.modes[mode] for mode in front]))
        first = found[0]
        label = f"{words}. {first.label}" if first.label else words
        found[0] = replace(first, label=label)
    return found


def truth_line(
    rows: Sequence[Row],
    language: str,
    *,
    place_names: Mapping[str, str],
    place_modes: Mapping[str, Sequence[str]],
    again: bool = False,
    withdrawn: bool = False,
    exercise: bool = False,
) -> str:
    """The whole line. Same rows, same text in every channel; never states what no row states."""
    line = ""
    for counted in (False, True):
        clauses = segments(
            rows, language, place_names=place_names, place_modes=place_modes, again=again, counted=counted
        )
        line = " ".join(clause.spoken for clause in clauses)
        if len(line) <= LONGEST:
            break
    return marked(line, language, withdrawn=withdrawn, exercise=exercise)


def qualified(language: str, status: str, qualifier: Qualifier) -> str:
    """What narrows a status, to stand after its word: " (vehicles under escort)"; empty for nothing."""
    return _qualified(SPEECH.get(language, SPEECH["en"]), status, qualifier)


def place_label(language: str, group: Group, place_names: Mapping[str, str]) -> str:
    """The places of the only group, for a line that stands without a title."""
    return _place_label(SPEECH.get(language, SPEECH["en"]), group, len(group.places), place_names, counted=False)


def marked(line: str, language: str, *, withdrawn: bool = False, exercise: bool = False) -> str:
    """The line behind its marks: the exercise first, then the withdrawal."""
    speech = SPEECH.get(language, SPEECH["en"])
    marks = [speech.exercise] if exercise else []
    marks += [speech.withdrawn] if withdrawn else []
    return " ".join([*marks, line]).strip()


__all__ = ["Clause", "marked", "mentioned", "place_label", "segments", "truth_line"]
