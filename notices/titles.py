"""Titles that may not stand, or are asked about, beside the rows of a version. Pure; knows no model.

The rules and their codes are those of docs/truth-line.md. A title is looked at in each language by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.words import PlaceStatus

from .title_words import EXERCISE_WORDS, PLACEHOLDER, WORDS, TitleWords
from .truth import Row

LONGEST_TITLE = 120
FEW_LETTERS = 6  # fewer in capitals are an abbreviation, not shouting
SHUT = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)


class Outcome(TextChoices):
    """Refused: cannot be submitted. Asked: the officer confirms or rewrites."""

    REFUSED = "refused", gettext_lazy("Refused")
    ASKED = "asked", gettext_lazy("Asked about")


@dataclass(frozen=True)
class Finding:
    """One rule that speaks: its code, what follows, what the officer reads, the words it is about."""

    code: str
    outcome: Outcome
    message: str
    words: str = ""


@dataclass(frozen=True)
class Setting:
    """What the rules look at beside title and rows.

    `names`: place code → every name of it; `diversion`: codes the diversion advice names;
    `reopens_in_range`: the reopening is given as a range; `ends_fixed`: the version has a firm end.
    """

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    diversion: Collection[str] = ()
    exercise: bool = False
    reopens_in_range: bool = False
    ends_fixed: bool = False


def _cargo_rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.traffic or "cargo" in row.traffic]


def _closes(rows: Sequence[Row]) -> bool:
    return any(row.status in SHUT for row in rows)


def check_rows(rows: Sequence[Row]) -> list[Finding]:
    """R1: what closes something must speak of cargo, since readers take silence for a no or a yes."""
    if _closes(rows) and not _cargo_rows(rows):
        message = _("Something is closed and no row speaks of cargo. Add a row for it, also if it passes as usual.")
        return [Finding("R1", Outcome.REFUSED, message)]
    return []


def check_words(text: str) -> list[Finding]:
    """P1: a placeholder of a template that nobody filled in, anywhere in the texts. Asked: brackets may be meant."""
    placeholder = PLACEHOLDER.search(text)
    if placeholder is None:
        return []
    message = _("A placeholder may be left in the text: “%(words)s”. Fill it in.") % {"words": placeholder[0]}
    return [Finding("P1", Outcome.ASKED, message, placeholder[0])]


def _shape(title: str, setting: Setting) -> list[Finding]:
    """Rules about the form of a title: H7, H9, H11, H3, H6."""
    found = []
    if len(title) > LONGEST_TITLE:
        message = _("The title has %(count)d characters; %(limit)d is the most.")
        counts = {"count": len(title), "limit": LONGEST_TITLE}
        found.append(Finding("H7", Outcome.REFUSED, message % counts))
    if setting.exercise and not EXERCISE_WORDS.search(title):
        message = _("This is an exercise. Say so in the title: “Exercise”, “Exercice” or “Simulacro”.")
        found.append(Finding("H9", Outcome.REFUSED, message))
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in title):
        message = _("The title holds a line break or an invisible control character. Write it in one line.")
        found.append(Finding("H11", Outcome.REFUSED, message))
    placeholder = PLACEHOLDER.search(title)
    if placeholder:
        message = _("A placeholder is left: “%(words)s”. Fill it in.") % {"words": placeholder[0]}
        found.append(Finding("H3", Outcome.ASKED, message, placeholder[0]))
    letters = [sign for sign in title if sign.isupper() or sign.islower()]
    if "!" in title or (len(letters) >= FEW_LETTERS and all(sign.isupper() for sign in letters)):
        message = _("Capitals throughout or an exclamation mark: write calmly, people under stress read it.")
        found.append(Finding("H6", Outcome.ASKED, message))
    return found


def _all_closed(title: str, words: TitleWords, rows: Sequence[Row]) -> list[Finding]:
    """H5: completely closed, while any row is not closed."""
    whole = words.whole.search(title)
    if whole and words.closing.search(title) and any(row.status != PlaceStatus.CLOSED for row in rows):
        message = _("The title says “%(words)s”, but not every row is closed.") % {"words": whole[0]}
        return [Finding("H5", Outcome.REFUSED, message, whole[0])]
    return []


def _open(title: str, words: TitleWords, rows: Sequence[Row]) -> list[Finding]:
    """H10: open and not to whom, while every cargo row is closed."""
    opening = words.opening.search(title)
    to_whom = words.cargo.search(title) or words.people.search(title)
    cargo = _cargo_rows(rows)
    if opening and not to_whom and cargo and all(row.status == PlaceStatus.CLOSED for row in cargo):
        message = _("The title says “%(words)s” and not to whom, but cargo is closed. Say who may pass.")
        return [Finding("H10", Outcome.REFUSED, message % {"words": opening[0]}, opening[0])]
    return []


def _closed(title: str, words: TitleWords, rows: Sequence[Row]) -> list[Finding]:
    """Q1 and H1: a closing word that no row bears out, or that stands without a cargo word."""
    closing = words.closing.search(title)
    if not closing:
        return []
    found = []
    facts = {"words": closing[0]}
    if rows and not _closes(rows):
        message = _("The title says “%(words)s”, but no row closes anything. Is it meant so?") % facts
        found.append(Finding("Q1", Outcome.ASKED, message, closing[0]))
    if not words.cargo.search(title):
        message = _("The title says “%(words)s” and nothing on cargo; it may be quoted alone.") % facts
        found.append(Finding("H1", Outcome.ASKED, message, closing[0]))
    return found


def _foreign_place(title: str, rows: Sequence[Row], setting: Setting) -> list[Finding]:
    """H2: a place that is neither in the rows nor in the diversion advice; the longest name counts."""
    codes: dict[str, set[str]] = {}
    for code, names in setting.names.items():
        for name in names:
            codes.setdefault(name.casefold(), set()).add(code)
    if not codes:
        return []
    longest_first = sorted(codes, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    meant = {place for row in rows for place in row.places} | set(setting.diversion)
    for match in pattern.finditer(title):
        name = match[0]
        if name[0].isupper() and not codes.get(name.casefold(), set()) & meant:
            message = _("The title names “%(words)s”, which is neither in the rows nor in the diversion advice.")
            return [Finding("H2", Outcome.ASKED, message % {"words": name}, name)]
    return []


def _clock_time(title: str, words: TitleWords, setting: Setting) -> list[Finding]:
    """H4: a clock time for reopening that the version does not hold as its firm end."""
    until = words.until.search(title)
    if until and (setting.reopens_in_range or not setting.ends_fixed):
        message = _("The title gives a time of reopening, “%(words)s”. It belongs to the time line.")
        return [Finding("H4", Outcome.ASKED, message % {"words": until[0]}, until[0])]
    return []


def check_title(title: str, language: str, rows: Sequence[Row], setting: Setting | None = None) -> list[Finding]:
    """Every rule that speaks against `title`, refusals first. The stored lists of words are en, fr and es."""
    beside = setting or Setting()
    words = WORDS.get(language[:2], WORDS["en"])
    found = [
        *check_rows(rows),
        *_all_closed(title, words, rows),
        *_open(title, words, rows),
        *_shape(title, beside),
        *_closed(title, words, rows),
        *_foreign_place(title, rows, beside),
        *_clock_time(title, words, beside),
    ]
    return sorted(found, key=lambda finding: finding.outcome != Outcome.REFUSED)
