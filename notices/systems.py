"""Rows about systems: declaration, transit, port community. No place is closed by them, so no truth line names them.

A notice about systems alone has a line of its own, in the same spirit: what does not work, by its name.
"""

from __future__ import annotations

from base.words import STATUS_RANK, PlaceStatus

from .models import ImpactRow, Version

# status → what it means for a system, in each language
WORDS: dict[str, dict[str, str]] = {
    PlaceStatus.CLOSED: {"en": "Not available", "fr": "Indisponible", "es": "No disponible"},
    PlaceStatus.PARTLY_CLOSED: {"en": "Partly available", "fr": "Disponible en partie", "es": "Disponible en parte"},
    PlaceStatus.RESTRICTED: {"en": "Limited", "fr": "Sous conditions", "es": "Con limitaciones"},
    PlaceStatus.CONGESTED: {"en": "Slow", "fr": "Lent", "es": "Lento"},
    PlaceStatus.UNKNOWN: {"en": "Not known", "fr": "État inconnu", "es": "Estado desconocido"},
    PlaceStatus.OPEN: {"en": "Works", "fr": "Fonctionne", "es": "Funciona"},
}


def said(row: ImpactRow, language: str) -> str:
    """What a system is: "Not available"."""
    words = WORDS[row.status]
    return words.get(language, words["en"])


def alone(version: Version) -> bool:
    """Whether the version speaks of systems and of no place."""
    rows = list(version.rows.all())
    return bool(rows) and all(row.system for row in rows)


def line(version: Version, language: str) -> str:
    """"Not available: Transit system, Declaration service.", the worst first."""
    named: dict[str, list[str]] = {}
    for row in sorted(version.rows.all(), key=lambda row: STATUS_RANK[PlaceStatus(row.status)]):
        named.setdefault(said(row, language), []).append(row.system)
    colon = " : " if language == "fr" else ": "
    return " ".join(f"{words}{colon}{', '.join(dict.fromkeys(names))}." for words, names in named.items())


def worst(version: Version) -> str:
    """The status of a list entry: no system closes a place, so it is restricted unless all of them work."""
    works = all(row.status == PlaceStatus.OPEN for row in version.rows.all())
    return str(PlaceStatus.OPEN if works else PlaceStatus.RESTRICTED)
