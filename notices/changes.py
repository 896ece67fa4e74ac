"""What differs between two versions, in words: for the author, the approver and every reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import product

from django.utils import translation
from django.utils.translation import gettext as _

from base import clock
from base.words import Direction, Language, Mode, PlaceStatus, Severity, Traffic

from . import causes, narrowing, systems, truth_of
from .models import ImpactRow, Version
from .truth import qualified
from .wording import wording

Cell = tuple[str, str, str]  # traffic, direction, mode
Parts = list[tuple[bool, str]]  # whether it differs, and the words
ENUMS = (Traffic, Direction, Mode)
NOT_STATED = ""


@dataclass(frozen=True)
class Change:
    """One thing that differs. `language` is set for what people typed; empty words were or are not stated."""

    what: str
    before: str
    after: str
    language: str = ""

    @property
    def language_name(self) -> str:
        return str(Language(self.language).label) if self.language else ""

    @property
    def parts(self) -> tuple[Parts, Parts]:
        """Before and after, cut where they begin to differ, word by word."""
        old, new = self.before.split(), self.after.split()
        left: Parts = []
        right: Parts = []
        for sign, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if b > a:
                left.append((sign != "equal", " ".join(old[a:b])))
            if d > c:
                right.append((sign != "equal", " ".join(new[c:d])))
        return left, right


@dataclass(frozen=True)
class Content:
    """What a version says, as words: facts by their label, cells by their place, texts by label and language."""

    facts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, dict[Cell, str]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)


def between(before: Version, after: Version, language: str, *, languages: Iterable[str] = ()) -> list[Change]:
    """What `after` says otherwise, in `language`; texts of `languages`, or of the reader's own alone."""
    zone = after.time_zone or before.time_zone or "UTC"
    with translation.override(language):
        wanted = list(languages) or [after.text_in(language).language]
        return list(differences(content(before, language, zone, wanted), content(after, language, zone, wanted)))


def before(version: Version) -> Version | None:
    """The version that readers had before this one."""
    earlier = version.notice.versions.public().filter(number__lt=version.number)
    found: Version | None = earlier.prefetch_related("texts", "rows__place").order_by("-number").first()
    return found


def differences(old: Content, new: Content) -> Iterator[Change]:
    """Facts first, then place by place, then the texts."""
    for what in dict.fromkeys([*old.facts, *new.facts]):
        if old.facts.get(what, "") != new.facts.get(what, ""):
            yield Change(what, old.facts.get(what, ""), new.facts.get(what, ""))
    for place in dict.fromkeys([*old.cells, *new.cells]):
        yield from _at(place, old.cells.get(place, {}), new.cells.get(place, {}))
    for what, language in dict.fromkeys([*old.texts, *new.texts]):
        told, tells = old.texts.get((what, language), ""), new.texts.get((what, language), "")
        if told != tells:
            yield Change(what, told, tells, language)


def content(version: Version, language: str, zone: str, languages: Iterable[str]) -> Content:
    return Content(
        facts=_facts(version, language, zone),
        cells=_cells(version, language),
        texts={
            (label, text.language): words
            for text in version.texts.all()
            if text.language in languages
            for label, words in _labelled(text.title, text.body, text.instruction)
        },
    )


def _labelled(title: str, body: str, instruction: str) -> list[tuple[str, str]]:
    return [(_("Title"), title), (_("What happened"), body), (_("What to do"), instruction)]


def _facts(version: Version, language: str, zone: str) -> dict[str, str]:
    def moment(name: str, otherwise: str = "") -> str:
        at = getattr(version, name)
        return str(clock.shown(at, zone, language)) if at else otherwise

    said = wording(version, language)
    ends = moment("ends_at", _("Not known: until further notice"))
    if version.action == Version.Action.ALL_CLEAR:
        ends = _("It is over")  # its `ends_at` says how long it stays on the list, not when anything closes
    reopens = [moment("reopens_earliest"), moment("reopens_latest")]
    return {
        _("Severity"): str(Severity(version.severity).label),
        _("Starts"): moment("starts_at"),
        _("Ends"): ends,
        _("Expected to reopen between"): " – ".join(one for one in dict.fromkeys(reopens) if one),
        _("Next update by"): moment("next_update_at"),
        _("Times of single rows"): " ".join(str(own) for own in said.own_times),
        _("Diversion"): said.diversion,
        _("Crews and drivers"): str(version.get_crews_display()) if version.crews else "",
        _("Meant for"): narrowing.words(version.audience),
        _("Cause"): causes.say(version.cause),
        _("Contact"): version.contact,
    }


# --- Cells --------------------------------------------------------------------------------------------------------


def _cells(version: Version, language: str) -> dict[str, dict[Cell, str]]:
    """Place → cell → what it is; a later row wins over an earlier one, as everywhere."""
    found: dict[str, dict[Cell, str]] = {}
    for row, named in zip(version.rows.all(), wording(version, language).rows, strict=True):
        at = found.setdefault(named.name, {})
        said = _said(row, language)
        for cell in product(row.traffic, row.directions, row.modes):
            at.pop(cell, None)
            at[cell] = said
    return found


def _said(row: ImpactRow, language: str) -> str:
    if row.system:
        return systems.said(row, language)
    label = str(PlaceStatus(row.status).label)
    return label + qualified(language, row.status, truth_of.qualifier_of(row.qualifier))


def _at(place: str, old: dict[Cell, str], new: dict[Cell, str]) -> Iterator[Change]:
    """The cells of one place that differ; those that differ alike in one line."""
    known = list(dict.fromkeys([*old, *new]))
    alike: dict[tuple[str, str], list[Cell]] = {}
    for cell in known:
        pair = (old.get(cell, NOT_STATED), new.get(cell, NOT_STATED))
        if pair[0] != pair[1]:
            alike.setdefault(pair, []).append(cell)
    for (told, tells), cells in alike.items():
        for block in blocks(cells):
            yield Change(", ".join([place, *_names(block, known)]), told, tells)


def blocks(cells: list[Cell]) -> list[tuple[frozenset[str], ...]]:
    """The cells as few products of sets: (traffics, directions, modes)."""
    blocks: dict[tuple[frozenset[str], ...], None] = {}
    for cell in cells:
        blocks[tuple(frozenset([part]) for part in cell)] = None
    for dimension in (2, 1, 0):
        merged: dict[tuple[frozenset[str], ...], frozenset[str]] = {}
        for block in blocks:
            rest = block[:dimension] + block[dimension + 1 :]
            merged[rest] = merged.get(rest, frozenset()) | block[dimension]
        blocks = {(*rest[:dimension], several, *rest[dimension:]): None for rest, several in merged.items()}
    return list(blocks)


def _names(block: tuple[frozenset[str], ...], known: list[Cell]) -> Iterator[str]:
    """The words of a block: a dimension in which it holds all that the place knows goes without saying."""
    for dimension, chosen in enumerate(block):
        if chosen != {cell[dimension] for cell in known}:
            yield from (str(one.label) for one in ENUMS[dimension] if one in chosen)
