"""The time line: the second short text, from when to when, after the truth line (docs/truth-line.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from base import clock
from base.text import labelled
from base.words import MsgType, PlaceStatus

from . import systems, truth_of
from .models import ImpactRow, Version
from .truth import segments

_WORDS: dict[str, dict[str, str]] = {
    "fixed": {
        "en": "From {onset} to {ends}.",
        "fr": "Entre {onset} et {ends}.",
        "es": "Entre {onset} y {ends}.",
    },
    "day": {
        "en": "{first}, all day.",
        "fr": "Le {first}, toute la journée.",
        "es": "El {first}, todo el día.",
    },
    "days": {
        "en": "{first} to {last}, all day ({count} days).",
        "fr": "Du {first} au {last}, toute la journée ({count} jours).",
        "es": "Del {first} al {last}, todo el día ({count} días).",
    },
    "start": {"en": "From {onset}.", "fr": "Début\u00a0: {onset}.", "es": "Inicio: {onset}."},
    "reopens": {
        "en": "Expected to reopen between {earliest} and {latest}.",
        "fr": "Réouverture prévue entre {earliest} et {latest}.",
        "es": "Reapertura prevista entre {earliest} y {latest}.",
    },
    "reopens_at": {
        "en": "Expected to reopen at {latest}.",
        "fr": "Réouverture prévue\u00a0: {latest}.",
        "es": "Reapertura prevista: {latest}.",
    },
    "normal": {
        "en": "Normal service expected between {earliest} and {latest}.",
        "fr": "Retour à la normale prévu entre {earliest} et {latest}.",
        "es": "Normalidad prevista entre {earliest} y {latest}.",
    },
    "normal_at": {
        "en": "Normal service expected at {latest}.",
        "fr": "Retour à la normale prévu\u00a0: {latest}.",
        "es": "Normalidad prevista: {latest}.",
    },
    "since": {"en": "Since {onset}.", "fr": "Depuis {onset}.", "es": "Desde {onset}."},
    "open_end": {
        "en": "No end time yet.",
        "fr": "Fin encore inconnue.",
        "es": "Sin hora de fin.",
    },
    "next_update": {
        "en": "Next update by {next}.",
        "fr": "Prochaine mise à jour au plus tard {next}.",
        "es": "Próxima actualización a más tardar {next}.",
    },
}
SHUT = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)


@dataclass(frozen=True)
class OwnTimes:
    """Rows whose times are not those of the notice: what they say, and from when to when (UTC; None: no end)."""

    places: str
    said: str
    zone: str
    starts_at: datetime
    ends_at: datetime | None
    language: str

    def __str__(self) -> str:
        if self.ends_at:
            times = _from_to(self.starts_at, self.ends_at, self.zone, self.language)
        else:
            start = clock.spoken(self.starts_at, self.zone, self.language)
            times = _words("start", self.language).format(onset=start)
        return labelled(self.places, f"{self.said} {times}")


def _words(key: str, language: str) -> str:
    return _WORDS[key].get(language, _WORDS[key]["en"])


def _from_to(start: datetime, end: datetime, zone: str, language: str) -> str:
    """Whole days are said as days: "to 00:00 on Thursday" is taken for the wrong night."""
    days = clock.whole_days(start, end, zone)
    if days is None:
        moments = {"onset": start, "ends": end}
        return _words("fixed", language).format(
            **{name: clock.spoken(moment, zone, language) for name, moment in moments.items()}
        )
    first, last = days
    return _words("day" if first == last else "days", language).format(
        first=clock.named_day(first, language, year=first == last or first.year != last.year),
        last=clock.named_day(last, language, year=True),
        count=(last - first).days + 1,
    )


def own_times(version: Version, language: str) -> list[OwnTimes]:
    """Rows with times or an agency of their own, and every system; those alike together, the earliest first."""
    names, modes = truth_of.names_and_modes(version, language)
    apart: dict[tuple[datetime, datetime | None, str, str], list[ImpactRow]] = {}
    for row in version.rows.all():
        ends_at, by = row.ends_at or version.ends_at, _by(row, language)
        if by or (row.starts_at, ends_at) != (version.starts_at, version.ends_at):
            apart.setdefault((row.starts_at, ends_at, row.time_zone, by), []).append(row)
    found = []
    for (starts_at, ends_at, zone, by), rows in sorted(apart.items(), key=lambda item: item[0][0]):
        clauses = segments(truth_of.as_rows(rows), language, place_names=names, place_modes=modes)
        places = list(dict.fromkeys(row.name_in(language) for row in rows if not row.system))
        said = " ".join(clause.spoken if len(places) > 1 else clause.text for clause in clauses)
        said = said or f"{systems.said(rows[0], language)}."
        found.append(OwnTimes(", ".join([*places, *([by] if by else [])]), said, zone, starts_at, ends_at, language))
    return found


def _by(row: ImpactRow, language: str) -> str:
    """The system that the row is about, or the agency whose word it is."""
    return row.system or (row.agency.names.get(language) or str(row.agency) if row.agency else "")


def time_line(version: Version, language: str, zone: str, *, at: datetime) -> str:
    """The times of `version` in `zone` as one says them at `at`; late promises are for the live page alone.

    Frozen at the moment of issue it stays true: "since" is said only of what had begun.
    """
    if version.starts_at is None or version.msg_type == MsgType.CANCEL:
        return ""  # what was withdrawn has no times any more

    def say(key: str) -> str:
        form = _words(key, language)
        moments = {
            "onset": version.starts_at,
            "earliest": version.reopens_earliest,
            "latest": version.reopens_latest,
            "next": version.next_update_at,
        }
        return form.format(
            **{name: clock.spoken(moment, zone, language) if moment else "" for name, moment in moments.items()}
        )

    if truth_of.reopens(version):
        return say("since")
    if version.ends_at:
        return _from_to(version.starts_at, version.ends_at, zone, language)
    parts = [say("since" if version.starts_at <= at else "start")]
    if version.reopens_latest:
        shut = any(row.status in SHUT for row in version.rows.all())
        same = version.reopens_earliest == version.reopens_latest
        parts.append(say(("reopens" if shut else "normal") + ("_at" if same else "")))
    else:
        parts.append(say("open_end"))
    if version.next_update_at and version.next_update_at > at:
        parts.append(say("next_update"))
    return " ".join(parts)
