"""Diversion advice: none needed, hold, or divert to named places. Kept as JSON on the version.

`{"choice": "none" | "hold" | "divert", "to": [{"place": locode}, …]}`; an empty dict: no advice was given.
"""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Place

from .models import Version


class Choice(TextChoices):
    NONE = "none", gettext_lazy("None needed")
    HOLD = "hold", gettext_lazy("Hold: send nothing more for now")
    DIVERT = "divert", gettext_lazy("Divert to other places")


def advice(choice: str, places: list[Place]) -> dict[str, Any]:
    """The JSON of a choice; places count only where it is to divert."""
    if not choice:
        return {}
    if choice != Choice.DIVERT:
        return {"choice": choice}
    return {"choice": choice, "to": [{"place": place.locode} for place in places]}


def codes_of(version: Version) -> list[str]:
    """UN/LOCODEs of the places that are advised, in order."""
    ways = version.diversion.get("to", ())
    return [str(way["place"]) for way in ways if isinstance(way, dict) and way.get("place")]


def words(version: Version, language: str) -> str:
    """The advice as a sentence in the active language, with the places' names in `language`; "" for none given."""
    choice = version.diversion.get("choice")
    if choice == Choice.NONE:
        return _("No diversion is needed.")
    if choice == Choice.HOLD:
        return _("Hold: send nothing more to the place for now.")
    names = {place.locode: place.name_in(language) for place in Place.objects.filter(locode__in=codes_of(version))}
    named = [f"{names[code]} {code}" if code in names else code for code in codes_of(version)]
    return _("Divert to %(places)s.") % {"places": ", ".join(named)} if named else ""
