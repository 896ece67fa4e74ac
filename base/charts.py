"""Bars drawn on the server: coordinates for an inline SVG; the same numbers always stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from django.utils.formats import number_format

WIDTH, NARROW = 760, 380  # on a screen, on a telephone
HEIGHT, FOOT, HEAD = 190, 24, 20
BESIDE = 44  # for what stands at the lines
LINES = 3


@dataclass(frozen=True)
class Bar:
    label: str
    said: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def above(self) -> float:
        return round(self.y - 5, 1)


@dataclass(frozen=True)
class Line:
    y: float
    said: str


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int
    height: int

    @property
    def foot(self) -> int:
        return self.height - 6


@dataclass(frozen=True)
class Part:
    key: str
    x: float
    width: float


TALLY, GAP = 300.0, 1.5  # the width of the whole, and what is left between parts


def tally(counts: Sequence[tuple[str, int]]) -> list[Part]:
    """One bar of `TALLY` units made of parts as wide as their counts are large, in their order."""
    whole = sum(count for _key, count in counts)
    found, at = [], 0.0
    for key, count in counts:
        width = TALLY * count / whole
        found.append(Part(key, round(at, 1), round(max(width - GAP, 0.5), 1)))
        at += width
    return found


def _round_step(most: float, lines: int) -> float:
    """1, 2 or 5 times a power of ten, so that `lines` of them hold `most`."""
    rough = max(most, 1.0) / lines
    power = 10.0 ** (ceil(log10(rough)) - 1)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _said(value: float) -> str:
    """As the language of the page writes it: 1.5 or 1,5."""
    whole = value >= 10 or round(value, 1) == round(value)
    return str(number_format(value, 0 if whole else 1))


def bars(values: Sequence[tuple[str, float | None]], *, unit: str, width: int = WIDTH, lines: int = LINES) -> Chart:
    """A bar for each (label, value), the first one first; `unit` stands at the lines ("h").

    None where nothing was counted: it has no number, as nothing of something has.
    """
    step = _round_step(max((value or 0 for _label, value in values), default=0), lines)
    floor, room = HEIGHT - FOOT, HEIGHT - FOOT - HEAD
    slot = (width - BESIDE) / max(len(values), 1)

    def tall(value: float) -> float:
        return round(room * value / (step * lines), 1)

    drawn = tuple(
        Bar(
            label=label, said="" if value is None else _said(value), x=round(slot * place + slot / 5, 1),
            y=round(floor - tall(value or 0), 1), width=round(slot * 0.6, 1), height=tall(value or 0),
        )
        for place, (label, value) in enumerate(values)
    )  # fmt: skip
    ruled = tuple(Line(round(floor - tall(step * n), 1), f"{_said(step * n)} {unit}") for n in range(1, lines + 1))
    return Chart(drawn, ruled, width, HEIGHT)


@dataclass(frozen=True)
class Gap:
    """One bar from the middle: to the right where `value` is above nothing, else to the left."""

    label: str
    said: str
    is_more: bool
    x: float
    y: float
    width: float

    @property
    def beyond(self) -> float:
        """Where its number stands."""
        return round(self.x + self.width + 6 if self.is_more else self.x - 6, 1)


@dataclass(frozen=True)
class Apart:
    gaps: tuple[Gap, ...]
    middle: float
    width: int
    height: int


ROW, LABEL, NUMBER = 28, 120, 64  # heights and widths of a line, of its label and of its number


def apart(values: Sequence[tuple[str, float]], *, unit: str, width: int = NARROW + LABEL) -> Apart:
    """A line for each (label, value), the first one on top, its bar on either side of nothing."""
    side = (width - LABEL) / 2
    middle = round(LABEL + side, 1)
    most = max((abs(value) for _label, value in values), default=0) or 1

    def gap(place: int, label: str, value: float) -> Gap:
        long = round(max(abs(value) / most * (side - NUMBER), 1), 1)
        sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
        start = middle if value > 0 else middle - long
        return Gap(label, f"{sign}{_said(abs(value))} {unit}", value > 0, round(start, 1), place * ROW + 6, long)

    gaps = tuple(gap(place, label, value) for place, (label, value) in enumerate(values))
    return Apart(gaps, middle, width, len(gaps) * ROW)
