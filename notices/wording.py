"""What a version says in each language: made from its rows until it is issued, kept word for word from then on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import translation

from base.words import Language

from . import diversions, truth_of
from .lanes import Lane, lanes
from .models import ImpactRow, Version
from .timeline import OwnTimes, own_times
from .truth import Clause, each_labelled


@dataclass(frozen=True)
class Named:
    """A place as it was called; `code` is empty for a place without one."""

    code: str
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Wording:
    """`rows` holds the place of each row, in order."""

    truth_line: str
    clauses: list[Clause]
    rows: list[Named]
    lanes: list[Lane]
    own_times: list[OwnTimes]
    diversion: str
    office: str

    @property
    def lines(self) -> list[Clause]:
        """The clauses, each for a line of its own."""
        return each_labelled(self.clauses)

    @property
    def places(self) -> list[Named]:
        return list(dict.fromkeys(self.rows))


def wording(version: Version, language: str) -> Wording:
    """As it was issued, else as it would be issued now."""
    kept = version.spoken.get(language)
    return _read(kept) if kept else _made(version, language)


def headline(version: Version, language: str) -> str:
    """Title, in whichever language it is written, and the line in the reader's; the line is never cut."""
    return f"{version.text_in(language).title.rstrip('.')}. {wording(version, language).truth_line}"


def to_keep(version: Version) -> dict[str, Any]:
    """In every language, since the system speaks those too that nobody has written yet."""
    made = {str(language): asdict(_made(version, language)) for language in Language.values}
    kept: dict[str, Any] = json.loads(json.dumps(made, default=datetime.isoformat))
    return kept


def _made(version: Version, language: str) -> Wording:
    _names, modes = truth_of.names_and_modes(version, language)
    office = version.notice.office
    with translation.override(language):
        return Wording(
            truth_line=truth_of.line(version, language),
            clauses=truth_of.clauses(version, language),
            rows=[_named(row, language) for row in version.rows.all()],
            lanes=lanes(truth_of.rows_of(version), modes),
            own_times=own_times(version, language),
            diversion=diversions.words(version, language),
            office=office.names.get(language) or str(office),
        )


def _named(row: ImpactRow, language: str) -> Named:
    return Named(row.place.locode if row.place else "", row.name_in(language))


def _read(kept: dict[str, Any]) -> Wording:
    return Wording(
        truth_line=kept["truth_line"],
        clauses=[Clause(**clause | {"about": tuple(clause["about"])}) for clause in kept["clauses"]],
        rows=[Named(**place) for place in kept["rows"]],
        lanes=[Lane(**lane) for lane in kept["lanes"]],
        own_times=[OwnTimes(**times | _moments(times)) for times in kept["own_times"]],
        diversion=kept["diversion"],
        office=kept["office"],
    )


def _moments(times: dict[str, Any]) -> dict[str, datetime | None]:
    return {name: times[name] and datetime.fromisoformat(times[name]) for name in ("starts_at", "ends_at")}
