"""A place, or several, as an officer types them: by UN/LOCODE or by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.text import labelled, one_line

from .models import Place

LINE = 160  # characters


class PlaceField(forms.Field):
    """A place by UN/LOCODE or name, as typed or picked from the list "ESALG Algeciras"."""

    def to_python(self, value: Any) -> Any:
        words = one_line(str(value or ""))[:LINE]
        if not words:
            return None
        found = Place.objects.meant(words)
        if len(found) == 1:
            return found[0]
        if found:
            several = {"places": ", ".join(f"{place.locode} {place.name} ({place.where})" for place in found)}
            raise forms.ValidationError(_("Several places fit. Type the code: %(places)s."), params=several)
        raise forms.ValidationError(_("No place fits. Type a code such as ESALG, or a name."))


class PlacesField(forms.Field):
    """Several places by code or name, parted by commas. Each that is wrong is named, to be found among the others."""

    def to_python(self, value: Any) -> list[Place]:
        one, parts = PlaceField(), str(value or "").split(",")
        found: dict[Place, None] = {}
        wrong: list[str] = []
        for part in parts:
            try:
                if place := one.to_python(part):
                    found[place] = None
            except forms.ValidationError as error:
                said = error.messages[0]
                wrong.append(labelled(f"“{one_line(part)[:LINE]}”", said) if len(parts) > 1 else said)
        if wrong:
            raise forms.ValidationError(wrong)
        return list(found)
