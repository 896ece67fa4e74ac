"""Every status × group × number of places × language as one text file; `python -m tests.notices.golden` writes it.

A change of the grammar shows there line by line, to be read by people who speak the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from base.words import GOODS, TRAVELLERS, Language, PlaceStatus
from notices.truth import Row, truth_line

FILE = Path(__file__).parent.parent / "cases" / "truth-golden.txt"
PLACES = {
    "ESALG": "Algeciras", "ESTRF": "Tarifa", "MATNG": "Tangier", "FRLEH": "Le Havre", "GBDVR": "Dover",
    "FRCQF": "Calais",
}  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "goods": tuple(GOODS),
    "cargo alone": ("cargo",),
    "empties": ("empties",),
    "relief": ("relief",),
    "live_perishable": ("live_perishable",),
    "crew": ("crew",),
    "travellers": tuple(TRAVELLERS),
    "other_travellers": ("other_travellers",),
    "everything": (),
}
COUNTS = (1, 2, 6)


def rows_for(status: str, traffic: tuple[str, ...], places: tuple[str, ...], *, alike: bool) -> list[Row]:
    """All places alike, or the first one plainly open; other goods pass where one class of goods is meant."""
    passing = tuple(name for name in GOODS if name not in traffic) if len(traffic) == 1 else ()
    rest = [Row(places, "open", traffic=passing)] if passing and traffic != ("cargo",) else []
    first = [] if alike else [Row(places[:1], "open", traffic=traffic)]
    return [*rest, Row(places, status, traffic=traffic), *first]


def lines() -> Iterator[str]:
    modes = dict.fromkeys(PLACES, ("maritime", "road"))
    for status in PlaceStatus:
        for group, traffic in GROUPS.items():
            for count in COUNTS:
                places = tuple(PLACES)[:count]
                for alike in (True, False) if count > 1 else (True,):
                    rows = rows_for(str(status), traffic, places, alike=alike)
                    heading = f"{status} · {group} · {count}{'' if alike else ', the first open'}"
                    yield f"# {heading}"
                    for language in Language:
                        line = truth_line(rows, str(language), place_names=PLACES, place_modes=modes)
                        yield f"{language}: {line}"


def text() -> str:
    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
