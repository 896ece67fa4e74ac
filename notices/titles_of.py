"""What the title rules say about a version, language by language."""

from __future__ import annotations

from django.db.models import Q

from contacts.models import Place

from . import diversions
from .models import Version
from .titles import Finding, Outcome, Setting, check_title, check_words
from .truth_of import rows_of


def _setting(version: Version, *, with_places: bool) -> Setting:
    names = {}
    if with_places:
        spoken_of = Q(office__isnull=False) | Q(pk__in=[row.place_id for row in version.rows.all()])
        places = Place.objects.filter(spoken_of).values_list("locode", "names")
        names = {locode: tuple(set(spellings.values())) for locode, spellings in places}
        names |= {row.place_name: (row.place_name,) for row in version.rows.all() if row.place_name}
    return Setting(
        names=names,
        diversion=frozenset(diversions.codes_of(version)),
        exercise=version.is_exercise,
        reopens_in_range=version.reopens_latest is not None and version.reopens_latest != version.reopens_earliest,
        ends_fixed=version.ends_at is not None,
    )


def findings(version: Version) -> dict[str, list[Finding]]:
    """Language → what is refused or asked about its title; the approver sees the same questions."""
    rows, setting = rows_of(version), _setting(version, with_places=True)
    found = {
        text.language: [
            *check_title(text.title, text.language, rows, setting),
            *check_words(f"{text.body}\n{text.instruction}\n{version.contact}"),
        ]
        for text in version.texts.all()
    }
    return {language: several for language, several in found.items() if several}


def refusal(version: Version) -> Finding | None:
    """The first finding that keeps the version from being submitted; places need not be known for that."""
    rows, setting = rows_of(version), _setting(version, with_places=False)
    for text in version.texts.all():
        for finding in check_title(text.title, text.language, rows, setting):
            if finding.outcome == Outcome.REFUSED:
                return finding
    return None
