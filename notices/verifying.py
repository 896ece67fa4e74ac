"""Whether what somebody holds is ours, and what became of it: a number, an address of ours or a fingerprint.

What is not public is answered as if it were not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from .cards import state_of
from .digest import FINGERPRINT, SCHEME
from .models import Crisis, Version
from .querysets import VersionQuerySet

LONGEST = 1_000  # signs that are looked at
BESIDE = 20  # signs beside a number that say nothing yet, such as "Notice no. "
_DASH = r"[-\s\u2010-\u2015_]?"
_NUMBER = re.compile(
    rf"\b([A-Za-z]{{2}}){_DASH}(\d{{4}}){_DASH}(\d{{4,9}})\b(?:(?:\s*/\s*|\s*,?\s*v(?:ersi[oó]n)?\.?\s*)(\d{{1,5}})\b)?"
    , re.I,
)  # fmt: skip
_ADDRESS = re.compile(r"(?:[a-z][a-z+.-]*://|\b(?=[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?/))[^\s<>\"]+", re.I)
_HEX = re.compile(rf"(?:\d{{1,2}}:)?([0-9a-f]{{{FINGERPRINT},64}})", re.I)
_PRINTED = re.compile(r"\b[0-9a-f]{4}(?: [0-9a-f]{4}){2,15}\b", re.I)


class Finding(StrEnum):
    """The last five are what `notices.cards.state_of` says of what is ours, and that a newer version stands."""

    NOTHING_ASKED = "nothing_asked"
    UNREADABLE = "unreadable"  # neither number nor address nor fingerprint
    STRANGE_ADDRESS = "strange_address"
    UNKNOWN = "unknown"
    CURRENT = "current"
    PLANNED = "planned"
    OVER = "over"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Answer:
    """`version` is the one that was asked for, the newest if none was; both are None for what is not ours."""

    finding: Finding
    version: Version | None = None
    newest: Version | None = None
    words_around: bool = False  # beside the number stood words that nobody has compared

    @property
    def ours(self) -> bool:
        return self.version is not None and self.finding != Finding.STRANGE_ADDRESS


def verify(asked: str, *, now: datetime) -> Answer:
    text = " ".join(asked[:LONGEST].split())
    if not text:
        return Answer(Finding.NOTHING_ASKED)
    if digits := _digits(text):
        return _answer(_by_fingerprint(digits, now), now)
    if any(not _is_ours(address) for address in _ADDRESS.findall(text)):
        return Answer(Finding.STRANGE_ADDRESS)
    named = _NUMBER.search(text)
    if not named:
        return Answer(Finding.UNREADABLE)
    series, year, number, version = named.groups()
    found = _by_number(f"{series.upper()}-{year}-{number}", int(version) if version else None, now)
    rest = _NUMBER.sub("", _ADDRESS.sub("", text))
    return _answer(found, now, words_around=len(rest) > BESIDE)


def crisis_named(asked: str) -> Crisis | None:
    """The crisis page whose number or address stands there: it is no notice, and ours all the same."""
    named = _NUMBER.search(asked[:LONGEST])
    reference = f"{named[1].upper()}-{named[2]}-{named[3]}" if named else ""
    return Crisis.objects.filter(reference=reference).first()


def _digits(text: str) -> str:
    """A fingerprint that stands alone, or as it is printed behind any word but a number."""
    whole = _HEX.fullmatch(text.replace(" ", ""))
    printed = None if whole or _NUMBER.search(text) else _PRINTED.search(text)
    return (whole[1] if whole else printed[0].replace(" ", "") if printed else "").lower()


def _is_ours(address: str) -> bool:
    """By its host alone, as a browser reads it: what stands before an @ names nobody."""
    try:
        there = urlsplit(address if "://" in address else f"//{address}")
        return bool(there.hostname == urlsplit(settings.FAIRWAY_SITE_URL).hostname)
    except ValueError:
        return False


def _public(now: datetime) -> VersionQuerySet:
    found: VersionQuerySet = Version.objects.public().filter(issued_at__lte=now).select_related("notice__office")
    return found


def _by_number(reference: str, number: int | None, now: datetime) -> Version | None:
    versions = list(_public(now).filter(notice__reference=reference).order_by("-number"))
    return next((one for one in versions if number in (None, one.number)), None)


def _by_fingerprint(digits: str, now: datetime) -> Version | None:
    """Two notices that say the same have one fingerprint: then it is the later one."""
    starts = Q()
    for scheme in range(1, SCHEME + 1):
        starts |= Q(digest__startswith=f"{scheme}:{digits}")
    found: Version | None = _public(now).filter(starts).order_by("-issued_at").first()
    return found


def _answer(version: Version | None, now: datetime, *, words_around: bool = False) -> Answer:
    if version is None:
        return Answer(Finding.UNKNOWN)
    newest = _public(now).filter(notice=version.notice).order_by("-number").first() or version
    state = state_of(newest, now)
    if state != "withdrawn" and newest != version:
        state = Finding.REPLACED
    return Answer(Finding(state), version, newest, words_around)
