"""The words by which a title is judged, in each language: data for titles.py."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class TitleWords:
    """Patterns of one language. `whole` says "everything"; `until` is a clock time for reopening."""

    closing: re.Pattern[str]
    cargo: re.Pattern[str]
    people: re.Pattern[str]
    opening: re.Pattern[str]
    whole: re.Pattern[str]
    until: re.Pattern[str]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# "18:00", "18 h", "6 pm", "18 heures"; "36 heures d'attente" is a wait, not a time of day
_CLOCK = (
    r"(?:[01]?\d|2[0-4])(?:\s?[:.h]\s?\d{2}\b|\s?(?:h|hrs|a\.?m|p\.?m|heures?|horas?)\b)(?!\s+(?:d['’]|de\b))"
)

WORDS = {
    "en": TitleWords(
        closing=_pattern(
            r"\b(clos(e[sd]?|ing|ure)|shut|suspend\w*|stop(s|ped)?|halt\w*|block\w*|no entry|no access)\b"
        ),
        cargo=_pattern(r"\b(cargo|freight|goods|imports?|exports?|perishable\w*|lorr\w+|truck\w*)\b"),
        people=_pattern(r"\b(travell?er\w*|passenger\w*|crew\w*|driver\w*|cars?|tourist\w*)\b"),
        opening=_pattern(r"(?<!not )(?<!not yet )\b(re-?)?open(s|ed)?\b"),
        whole=_pattern(r"\b(completely|totally|fully|entirely|wholly|everything|all traffic)\b"),
        until=_pattern(rf"\b(until|till|(re-?)?open\w*( again)? (at|from|by))\s+{_CLOCK}"),
    ),
    "fr": TitleWords(
        closing=_pattern(r"\b(ferm(é|er|eture|e)\w*|suspen\w*|arrêt\w*|bloqu\w*|interromp\w*|coup(é|ure)\w*)"),
        cargo=_pattern(
            r"\b(fret|marchandises|importation|exportation|import|export|périssable\w*|camions?|poids lourds)\b"
        ),
        people=_pattern(r"\b(voyageurs?|passagers?|équipages?|conducteurs?|voitures?|touristes?)\b"),
        opening=_pattern(r"(?<!pas )(?<!pas encore )\b(r?ouvert\w*|réouvert\w*|r?ouvre\w*)\b"),
        whole=_pattern(
            r"\b(totalement|complètement|entièrement|intégralement|tout est|tout le trafic|tous les trafics|"
            r"tout (?=ferm|bloqu|suspendu))"
        ),
        until=_pattern(rf"\b(jusqu['’]à|r?é?ouv\w+ (à|dès|à partir de))\s+{_CLOCK}"),
    ),
    "es": TitleWords(
        closing=_pattern(
            r"\b(cerrad\w*|cierr\w*|suspend\w*|par(an|ad[oa]s?)\b|bloque\w*|cortad\w*|deten\w*|detien\w*|interrump\w*)"
        ),
        cargo=_pattern(r"\b(mercanc\w+|cargas?|importaci\w+|exportaci\w+|perecedero\w*|camion\w*)\b"),
        people=_pattern(r"\b(viajer\w+|pasajer\w+|tripulaci\w+|conductor\w*|coches?|turistas?)\b"),
        opening=_pattern(r"(?<!no )\b(re)?(abiert[oa]s?|abren?)\b"),
        whole=_pattern(
            r"\b(completamente|totalmente|por completo|enteramente|todo el tráfico|"
            r"todo (?=cerrad|parad|bloque|cortad))"
        ),
        until=_pattern(rf"\b(hasta|(re)?(abr|apert)\w+ (a|desde|a partir de))\s+(las?\s+)?{_CLOCK}"),
    ),
}

EXERCISE_WORDS = _pattern(r"\b(exercise|exercice|ejercicio|simulacro)\b")
# [NAME], XX:XX, braces, TBC; a Markdown link is no placeholder
PLACEHOLDER = re.compile(r"\[[^\]\n]{1,40}\](?!\()|\bXX\b|\{[^}\n]*\}|\bTB[CD]\b|_{3,}", re.IGNORECASE)
