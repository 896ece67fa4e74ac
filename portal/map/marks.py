"""Marks of places on a map: where each stands, and a label where there is room; the worst are placed first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import Place
from notices.board import Standing

from .outline import Window, path, window

WIDE, NARROW = 760, 380
LETTER, LINE = 7.2, 17  # units a letter and a line take, about
SIZE = 20


@dataclass(frozen=True)
class Mark:
    """`label` is empty where others stand too near; the list beside the map has every name."""

    standing: Standing
    x: float
    y: float
    label: str
    before: bool  # the label stands before the mark, at its left

    @property
    def at(self) -> tuple[float, float]:
        """The upper left corner of the mark."""
        return round(self.x - SIZE / 2, 1), round(self.y - SIZE / 2, 1)

    @property
    def label_x(self) -> float:
        return round(self.x + (-1 if self.before else 1) * (SIZE / 2 + 3), 1)

    @property
    def label_y(self) -> float:
        return round(self.y + 4.5, 1)


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    land: str
    marks: tuple[Mark, ...]


Box = tuple[float, float, float, float]


def drawing(standings: Sequence[Standing], places: dict[str, Place], width: int) -> Drawing | None:
    """None where no place has coordinates. Open places are drawn first, so that the worst lie on top."""
    found = [(one, _point(places.get(one.code))) for one in standings]
    located = [(one, point) for one, point in found if point]
    if not located:
        return None
    shown = window([point for _one, point in located])
    taken: list[Box] = []
    marks = [_mark(one, shown.xy(*point, width), width, taken) for one, point in located]
    return Drawing(width, round(width * shown.ratio), path(_rounded(shown), width), tuple(reversed(marks)))


def _point(place: Place | None) -> tuple[float, float] | None:
    if place is None or place.longitude is None or place.latitude is None:
        return None
    return place.longitude, place.latitude


def _rounded(shown: Window) -> Window:
    """The same to a hair, so that a drawing is kept for all who ask for it."""
    return Window(round(shown.west, 4), round(shown.south, 4), round(shown.east, 4), round(shown.north, 4))


def _mark(one: Standing, at: tuple[float, float], width: int, taken: list[Box]) -> Mark:
    x, y = at
    length = len(one.name) * LETTER + SIZE
    before = x + length > width
    mine = (x - SIZE / 2, y - SIZE / 2, x + SIZE / 2, y + SIZE / 2)
    label = (x - length, y - LINE / 2, x, y + LINE / 2) if before else (x, y - LINE / 2, x + length, y + LINE / 2)
    fits = not one.is_open and not any(_meet(label, other) for other in taken)
    taken += [mine, label] if fits else [mine]
    return Mark(one, round(x, 1), round(y, 1), one.name if fits else "", before)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
