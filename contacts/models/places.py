"""Places by UN/LOCODE (UNECE Recommendation 16): ports, airports, crossings."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Mode

from .people import Organisation, in_language

_SPELLED: dict[int, str] = {
    ord(sign): plain
    for sign, plain in {"ø": "o", "Ø": "O", "ß": "ss", "œ": "oe", "æ": "ae", "ł": "l", "Ł": "L"}.items()
}


def fold(text: str) -> str:
    """ASCII key for sorting and finding names: the embedded server has no ICU collations."""
    spelled = text.translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return " ".join(plain.casefold().split())


class PlaceQuerySet(models.QuerySet["Place"]):
    def search(self, text: str) -> PlaceQuerySet:
        """By code or by any part of a name, accents ignored."""
        key = fold(text)
        return self.filter(Q(locode__iexact=text.replace(" ", "")) | Q(fold_key__contains=key)) if key else self


class Place(models.Model):
    """One place of the code list that this administration answers for."""

    class ZoneState(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        ASSUMED = "assumed", _("Assumed")
        MISSING = "missing", _("Missing")

    locode = models.CharField("UN/LOCODE", max_length=5, unique=True)
    names = models.JSONField(help_text="language → name; 'list' is the spelling of the code list")
    sort_key = models.CharField(max_length=120)
    fold_key = models.TextField(help_text="every name, folded, for finding")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    subdivision = models.CharField(max_length=3, blank=True)
    functions = models.CharField(max_length=8, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    zone_state = models.CharField(max_length=10, choices=ZoneState, default=ZoneState.MISSING)
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    region = models.CharField(max_length=60, blank=True)
    office = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="places")
    paired = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key"]
        indexes = [GinIndex(fields=["modes"], name="place_modes")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.names)

    def name_in(self, language: str) -> str:
        return in_language(self.names, language)

    def set_names(self, names: dict[str, str]) -> None:
        """Sets the names and the keys that follow from them."""
        self.names = names
        self.sort_key = fold(in_language(names, "en"))[:120]
        self.fold_key = " | ".join(dict.fromkeys(fold(name) for name in names.values()))
