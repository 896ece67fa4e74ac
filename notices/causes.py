"""Why something happened: causes with a word in every language, else what the officer wrote."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

CAUSES: dict[str, str | Promise] = {
    "weather": pgettext_lazy("cause", "Weather"),
    "flood": pgettext_lazy("cause", "Flood"),
    "earthquake": pgettext_lazy("cause", "Earthquake"),
    "fire": pgettext_lazy("cause", "Fire"),
    "accident": pgettext_lazy("cause", "Accident"),
    "epidemic": pgettext_lazy("cause", "Health measure"),
    "security": pgettext_lazy("cause", "Security"),
    "strike": pgettext_lazy("cause", "Strike"),
    "blockade": pgettext_lazy("cause", "Blockade"),
    "staff": pgettext_lazy("cause", "Lack of staff"),
    "cyber": pgettext_lazy("cause", "Cyber attack"),
    "system": pgettext_lazy("cause", "Fault in a system"),
    "power": pgettext_lazy("cause", "Power failure"),
    "planned_work": pgettext_lazy("cause", "Planned work"),
    "volume": pgettext_lazy("cause", "Heavy traffic"),
    "laboratory": pgettext_lazy("cause", "Laboratory or inspection post out of service"),
    "season": pgettext_lazy("cause", "Season"),
    "fraud": pgettext_lazy("cause", "Fraud"),
}


def say(cause: str) -> str:
    """In the active language."""
    return str(CAUSES.get(cause, cause))


def meant(text: str) -> str:
    """The key of a cause that is known by this word in one of our languages, else the text itself."""
    return _known().get(text.casefold(), text)


@cache
def _known() -> dict[str, str]:
    words: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words |= {str(word).casefold(): cause for cause, word in CAUSES.items()}
    return words
