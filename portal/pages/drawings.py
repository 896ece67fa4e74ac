"""Bars by month, twice: for a screen, and for a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from django.utils.translation import get_language

from base import charts


@dataclass(frozen=True)
class Drawing:
    wide: charts.Chart
    narrow: charts.Chart


def by_month(values: Sequence[tuple[date, float | None]], **look: Any) -> Drawing:
    """`values`: by the first day of each month; `look`: as `charts.bars` takes it."""

    def drawn(form: str, width: int) -> charts.Chart:  # `form`, as CLDR writes it: "LLL" Nov, "LLLLL" N
        language = (get_language() or "en")[:2]
        named = [(str(format_date(first, form, locale=language)), value) for first, value in values]
        return charts.bars(named, width=width, **look)

    return Drawing(drawn("LLL", charts.WIDTH), drawn("LLLLL", charts.NARROW))
