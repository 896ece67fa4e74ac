"""The notice page on paper: one A4 that says what it is, where it came from and how to see whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.utils.safestring import SafeString

from base.markup import parted
from base.qr import qr
from notices.by_place import Line
from notices.cards import Card
from notices.digest import fingerprint
from notices.render import permanent_url

# Lines of an A4 in the type of the print rules, and in the smaller one for notices with many rows; what every notice
# has takes the first of them. Then signs in a line: of prose, a fact, the truth line, a place. Counted with a wide
# type; a narrower one leaves room to spare.
LINES, SMALLER, ALWAYS = 56, 76, 33
WIDTH, FACT, TRUTH, PLACE = 95, 72, 55, 24
ROOMY = 7  # lines for texts below which the smaller type is taken
FOR_THE_REST = 4  # lines that “What to do” has in any case, and that it leaves to what happened


@dataclass(frozen=True)
class Parts:
    """A text as it stands on paper, and what only the page has."""

    kept: str
    rest: str


@dataclass(frozen=True)
class Sheet:
    instruction: Parts
    body: Parts
    code: SafeString
    fingerprint: str
    check_url: str
    small: bool


def of(card: Card, lines: Sequence[Line]) -> Sheet:
    """Rows and truth line stand whole; what to do has the room before what happened, and either may be cut."""
    left = LINES - ALWAYS - _taken(card, lines)
    small = left < ROOMY
    room = left + SMALLER - LINES if small else left
    kept_free = FOR_THE_REST if card.text.body else 0
    instruction = Parts(*parted(card.text.instruction, lines=max(room - kept_free, FOR_THE_REST), width=WIDTH))
    room -= sum(map(_height, instruction.kept.splitlines()))
    return Sheet(
        instruction=instruction,
        body=Parts(*parted(card.text.body, lines=max(room, 0), width=WIDTH)),
        code=qr(permanent_url(card.version)),
        fingerprint=fingerprint(card.version),
        check_url=f"{settings.FAIRWAY_SITE_URL}/verify",
        small=small,
    )


def _height(text: str, width: int = WIDTH) -> int:
    return max(1, ceil(len(text) / width))


def _taken(card: Card, lines: Sequence[Line]) -> int:
    """The lines of what differs from notice to notice and is never cut."""
    version = card.version
    boxes = (version.is_exercise, not card.translated, version.state != version.State.ISSUED, card.past)
    found = [
        *(_height(clause.spoken, TRUTH) * 4 / 3 for clause in card.wording.lines),
        *(_height(str(own), FACT) for own in card.wording.own_times),
        *(_of_places(line) for line in lines),
        *(_height(fact, FACT) - 1 for fact in (version.contact, version.meant_for)),
        3 * sum(boxes),
        _height(card.correction[0]) + 3 if card.correction[0] else 0,
        _height(card.wording.diversion) - 1,
    ]
    return ceil(sum(found))


def _of_places(line: Line) -> float:
    names = ", ".join(f"{place.name} {place.code}" for place in line.places)
    parts = sum(_height(f"{part.word} {part.who}{part.narrowed}", FACT - 8) for part in line.parts)
    return max(_height(names, PLACE), parts) * 1.1
