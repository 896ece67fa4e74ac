"""The time line: the second short text, from when to when, after the truth line (docs/truth-line.md)."""

from __future__ import annotations

from datetime import datetime

from base import clock
from base.words import PlaceStatus

from . import truth_of
from .models import Version

_WORDS: dict[str, dict[str, str]] = {
    "fixed": {
        "en": "From {onset} to {ends}.",
        "fr": "Entre {onset} et {ends}.",
        "es": "Entre {onset} y {ends}.",
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


def time_line(version: Version, language: str, zone: str, *, at: datetime) -> str:
    """The times of `version` in `zone` as one says them at `at`; late promises are for the live page alone.

    Frozen at the moment of issue it stays true: "since" is said only of what had begun.
    """
    if version.starts_at is None:
        return ""

    def say(key: str) -> str:
        form = _WORDS[key].get(language, _WORDS[key]["en"])
        moments = {
            "onset": version.starts_at,
            "ends": version.ends_at,
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
        return say("fixed")
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
