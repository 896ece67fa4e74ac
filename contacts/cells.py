"""What one cell of a member file says: a language, a telephone number, places, modes, a day. Knows no row."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from functools import lru_cache

from django.utils import timezone

from base import mailbox
from base.words import Mode

from .headings import LANGUAGES, MODES
from .models.places import fold

SPOKEN = ("en", "fr", "es", "ar")
# A list of thousands says the same few languages, places and modes over and over.
remembered = lru_cache(maxsize=10_000)


@remembered
def language(text: str) -> str:
    """The code of a language in which notices are written, else an empty text."""
    typed = fold(mailbox.clean(text))
    code = LANGUAGES.get(typed, typed)[:2]
    return code if code in SPOKEN else ""


def spoiled(phone: str) -> bool:
    """True for a number that a spreadsheet has rounded, such as 4.47701E+11."""
    return re.fullmatch(r"\d+([.,]\d+)?E\+?\d+", phone, re.I) is not None


def lacks_zero(phone: str) -> bool:
    """True if a spreadsheet may have dropped the zero in front."""
    return re.fullmatch(r"[1-9]\d{6,9}", phone) is not None


@remembered
def places(text: str) -> tuple[str, ...]:
    """Codes (UN/LOCODE, also "GB DVR") or names, as typed but for blanks and case of codes."""
    parts = (mailbox.clean(part) for part in re.split(r"[;,|\n]", text))
    return tuple(dict.fromkeys(_code(part) or part for part in parts if part))


def _code(part: str) -> str:
    match = re.fullmatch(r"([A-Za-z]{2})\s?([A-Za-z2-9]{3})", part)
    return (match[1] + match[2]).upper() if match and (part.isupper() or " " not in part) else ""


@remembered
def modes(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modes of transport that are named, and the words that name none."""
    parts = [fold(part).replace(" ", "_") for part in re.split(r"[;,|+/\n]", text)]
    named = dict.fromkeys(MODES.get(part, part) for part in parts if part)
    known = set(Mode.values)
    return tuple(one for one in named if one in known), tuple(one for one in named if one not in known)


def moment(text: str) -> datetime | None:
    """ISO 8601, or day first (31.12.2026, 31/12/2026); a day is taken at noon UTC. Raises `ValueError`."""
    if not text:
        return None
    if match := re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", text):
        day, month, year = map(int, match.groups())
        return _noon(date(year, month, day))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _noon(date.fromisoformat(text))
    at = datetime.fromisoformat(text)
    return at if timezone.is_aware(at) else at.replace(tzinfo=timezone.get_default_timezone())


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=timezone.get_default_timezone())


def company_key(company: str) -> str:
    """What companies are compared by: no case, no accents, nothing in brackets ("Fjordlast AS (branch)")."""
    bare = re.sub(r"\([^)]*\)", " ", company) if "(" in company else company
    name = bare if bare.strip() else company
    if not name.isascii():
        name = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join(name.casefold().split())[:200]


YES = frozenset(["yes", "y", "oui", "o", "si", "s", "ja", "j", "true", "1", "x", "vrai", "verdadero", "wahr"])
NO = frozenset(["no", "n", "non", "nein", "false", "0", "-", "faux", "falso", "falsch", "none"])
# National number of an AEO authorisation: country, AEO and its kind (C, S or F), then the country's own number.
_AEO_NUMBER = re.compile(r"[A-Z]{2}\s?(AEO|OEA)[A-Z]?\s?[A-Z0-9/.-]{2,}", re.I)


@remembered
def aeo(text: str) -> bool | None:
    """Whether the member is an authorised economic operator (WCO SAFE Framework); None if the cell does not say."""
    said = fold(mailbox.clean(text))
    if said in YES or _AEO_NUMBER.fullmatch(mailbox.clean(text)):
        return True
    return False if said in NO else None
