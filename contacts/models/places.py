"""Places by UN/LOCODE (UNECE Recommendation 16): ports, airports, crossings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection, models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from base.words import Mode

from .people import Organisation, in_language

_SPELLED: dict[int, str] = {
    ord(sign): plain
    for sign, plain in {
        "ø": "o", "Ø": "O", "ß": "ss", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i",
    }.items()
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_CODE = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_SAID = SearchVector("fold_key", config="simple")
FIRST = 8  # candidates that are looked at, or told
_CALLED = """
SELECT wanted.key, p.office_id IS NULL, p.id
FROM unnest(%s::text[]) AS wanted (key)
JOIN contacts_place p ON p.locode = upper(replace(wanted.key, ' ', '')) OR (
    to_tsvector('simple', COALESCE(p.fold_key, '')) @@ phraseto_tsquery('simple', wanted.key)
    AND strpos(p.fold_key, '| ' || wanted.key || ' |') > 0
)
"""


def fold(text: str) -> str:
    """ASCII key for sorting and finding names: the embedded server has no ICU collations."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_SPELLED)).encode("ascii", "ignore").decode()
    return " ".join(text.casefold().split())


def words_of(text: str) -> list[str]:
    """The words of a name, folded: what stands in brackets or behind a slash is a word like others."""
    return _WORD.findall(fold(text))


def _whole(name: str) -> str:
    """How `fold_key` holds one name from its first word to its last."""
    return f"| {' '.join(words_of(name))} |"


class PlaceQuerySet(models.QuerySet["Place"]):
    def answered_for(self) -> PlaceQuerySet:
        """The places of our offices: the list that a person can read through."""
        return self.exclude(office=None)

    def offered(self) -> PlaceQuerySet:
        """Without codes that leave the list or have left it."""
        return self.exclude(listing__in=(Place.Listing.LEAVING, Place.Listing.GONE))

    def search(self, text: str) -> PlaceQuerySet:
        """By code, or by the beginnings of words of any name, accents ignored; everything for no word."""
        words = words_of(text)
        if not words:
            return self
        said = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
        return self.alias(said=_SAID).filter(Q(locode="".join(text.split()).upper()) | Q(said=said))

    def nearest(self, text: str) -> PlaceQuerySet:
        """`search` with a `rank` from 0, the likeliest first: places of our offices, then whole names.

        A code counts as one when it is in capitals: Braga is also BRAGA, in Brazil.
        """
        code = "".join(text.split()).upper()
        ours, named = Q(office__isnull=False), Q(fold_key__contains=_whole(text))
        by_code = Q(locode=code)
        rank = Case(
            When(by_code, then=Value(0)) if text.isupper() else When(by_code & ours, then=Value(1)),
            When(ours & named, then=Value(1)),
            When(ours, then=Value(2)),
            When(named, then=Value(3)),
            When(by_code, then=Value(4)),
            default=Value(5),
        )
        found = self.search(text).filter(by_code | ~Q(listing__in=(Place.Listing.LEAVING, Place.Listing.GONE)))
        return found.annotate(rank=rank).order_by("rank", "sort_key", "locode")

    def meant(self, text: str) -> list[Place]:
        """The place that `text` means, typed or picked as "ESALG Algeciras"; several where it may be any of them."""
        code, _blank, name = text.strip().partition(" ")
        if _CODE.fullmatch(code):
            picked = self.filter(locode=code).first()
            if picked is not None and (not name or set(words_of(name)) <= set(words_of(picked.fold_key))):
                return [picked]
        if not words_of(text):
            return []
        found: list[Any] = list(self.nearest(text)[:FIRST])
        if not found:
            return list(self.search(text)[:FIRST])  # codes that leave are told of, not offered
        return [one for one in found if one.rank == found[0].rank]

    def called(self, names: Iterable[str]) -> dict[str, int]:
        """Name or code → id of the place that is wholly called so, in one question for all of them.

        A place of our offices goes before its namesakes; where several are left, the name is in doubt and missing.
        """
        keys = {name: " ".join(words_of(name)) for name in names}
        found: dict[str, list[tuple[bool, int]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_CALLED, [sorted(set(keys.values()))])
            for key, foreign, pk in cursor.fetchall():
                found.setdefault(key, []).append((foreign, pk))
        best = {key: [pk for foreign, pk in several if foreign == min(several)[0]] for key, several in found.items()}
        return {name: best[key][0] for name, key in keys.items() if len(best.get(key, ())) == 1}


class Place(models.Model):
    """One place of the code list, or one that we added. Those with an office are ours to answer for."""

    class ZoneState(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        ONLY = "only", _("The country’s only one")
        ASSUMED = "assumed", _("Assumed")
        MISSING = "missing", _("Missing")

    class Listing(models.TextChoices):
        OWN = "own", _("Not in the code list")
        LISTED = "listed", _("In the code list")
        LEAVING = "leaving", _("Leaves the code list with its next edition")
        GONE = "gone", _("No longer in the code list")

    locode = models.CharField("UN/LOCODE", max_length=5, unique=True)
    names = models.JSONField(help_text="language → name; 'list' is the spelling of the code list")
    aliases = ArrayField(models.TextField(), default=list, blank=True, help_text="the code list's other names")
    sort_key = models.CharField(max_length=120)
    fold_key = models.TextField(help_text="every name, folded, between bars, for finding")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2, or XZ for international waters")
    subdivision = models.CharField(max_length=3, blank=True)
    functions = models.CharField(max_length=12, blank=True)
    iata = models.CharField(max_length=3, blank=True, help_text="only where it is not the end of the code")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    zone_state = models.CharField(max_length=10, choices=ZoneState, default=ZoneState.MISSING)
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    region = models.CharField(max_length=60, blank=True)
    office = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="places")
    paired = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    listing = models.CharField(max_length=10, choices=Listing, default=Listing.OWN)
    follower = models.CharField(max_length=5, blank=True, help_text="the code to use instead")
    listed_on = models.DateField(null=True, blank=True, help_text="month of its last change in the code list")

    objects: ClassVar[Any] = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key"]
        indexes = [GinIndex(fields=["modes"], name="place_modes"), GinIndex(_SAID, name="place_words")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.names)

    def name_in(self, language: str) -> str:
        return in_language(self.names, language)

    @property
    def where(self) -> str:
        """Subdivision and country as ISO 3166-2 writes them: CA-ON. Names alone do not tell places apart."""
        return f"{self.country}-{self.subdivision}" if self.subdivision else self.country

    @property
    def zone_is_sure(self) -> bool:
        return self.zone_state in (self.ZoneState.CONFIRMED, self.ZoneState.ONLY)

    @property
    def is_offered(self) -> bool:
        return self.listing not in (self.Listing.LEAVING, self.Listing.GONE)

    def set_names(self, names: dict[str, str]) -> None:
        """Sets the names and the keys that follow from them."""
        self.names = names
        self.sort_key, self.fold_key = keys_of(names, self.aliases, self.iata)


def keys_of(names: dict[str, str], aliases: list[str], *others: str) -> tuple[str, str]:
    """`sort_key` and `fold_key` of a place of these names."""
    every = dict.fromkeys(_whole(name)[2:-2] for name in (*names.values(), *aliases, *others) if name)
    return fold(in_language(names, "en"))[:120], f"| {' | '.join(every)} |"
