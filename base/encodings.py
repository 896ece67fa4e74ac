"""Which encoding a text file is in: recognised by proof, or asked about; never guessed silently."""

from __future__ import annotations

import codecs
import re
import unicodedata

from django.utils.translation import gettext_lazy as _

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a person may choose when the bytes do not say it themselves, the likely ones first.
CHOICES = {
    "windows-1252": _("Western European (Windows-1252)"),
    "windows-1250": _("Central European (Windows-1250)"),
    "windows-1254": _("Turkish (Windows-1254)"),
    "windows-1257": _("Baltic (Windows-1257)"),
    "windows-1251": _("Cyrillic (Windows-1251)"),
    "windows-1253": _("Greek (Windows-1253)"),
    "windows-1256": _("Arabic (Windows-1256)"),
    "iso-8859-15": _("Western European (ISO 8859-15)"),
    "iso-8859-2": _("Central European (ISO 8859-2)"),
    "mac-roman": _("Western European (Macintosh)"),
    "cp850": _("Western European (DOS 850)"),
}
_RIVALS = ("windows-1250", "windows-1254", "windows-1257")
_WESTERN = frozenset(["fr", "es", "da", "no", "nb", "nn", "sv", "fi", "pt", "it", "nl", "is", "ca", "gl", "eu", "ga"])
_EITHER = frozenset(["en", "de", "at", "ch", "gb", "uk", "us", "eu"])  # spelt the same in both families
_WESTERN_LANDS = frozenset(
    [
        "fr",
        "es",
        "dk",
        "no",
        "se",
        "fi",
        "pt",
        "it",
        "nl",
        "be",
        "lu",
        "ie",
        "is",
        "ad",
        "mc",
        "sm",
        "gi",
        "ma",
        "dz",
        "tn",
        "sn",
        "ci",
        "br",
        "mx",
        "ar",
        "co",
        "cl",
        "pe",
    ]
)
_WESTERN_WORDS = re.compile(r"\b(courriel|langue|soci|nom|correo|empresa|idioma|contacto|puertos|virksomhed)\b", re.I)
_MARKS = set(" \t\r\n€‚„…‰‹‘’“”•–—›™¡¿«»§©®°·ªº´\xa0")


def recognise(data: bytes) -> str | None:
    """Name of the codec that `data` is certainly in, or None if a person must say."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if wide := _wide(data):
        return wide
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252" if _is_western(data) else None
    return "utf-8"


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: ASCII letters leave a NUL in every second byte."""
    head = data[:2000]
    if len(head) < 4 or len(data) % 2 or head.count(0) * 3 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def readings(data: bytes, limit: int = 3) -> dict[str, list[str]]:
    """For each encoding that fits: up to `limit` words as they would read, for a person to choose by."""
    found: dict[str, list[str]] = {}
    for name in CHOICES:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        words = dict.fromkeys(word for word in re.findall(r"[^\s,;\"]+", text) if not word.isascii())
        found[name] = list(words)[:limit]
    likely = {name: words for name, words in found.items() if all(map(_readable, words))}
    return likely or found


def _readable(word: str) -> bool:
    """False for words with symbols beside letters, such as "£ódŸ": only a wrong reading has those."""
    symbols = [at for at, char in enumerate(word) if unicodedata.category(char) in ("Sc", "Sm", "So", "No")]
    return word.isprintable() and not any(
        word[max(0, at - 1)].isalpha() or word[at + 1 : at + 2].isalpha() for at in symbols
    )


def _is_western(data: bytes) -> bool:
    """True if Windows-1252 reads well and either nothing else reads differently or the lines name their language."""
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    if not all(_plausible(word) for word in set(re.findall(r"[^\s,;\"]+", text)) if not word.isascii()):
        return False
    doubtful = [line for line in data.splitlines() if _reads_differently(line)]
    if not doubtful:
        return True
    verdicts = {_speaks_western(line) for line in doubtful}
    if False in verdicts:
        return False
    return True in verdicts or _speaks_western(data.splitlines()[0]) is True


def _reads_differently(line: bytes) -> bool:
    special = bytes(byte for byte in line if byte > 0x7F)
    ours = special.decode("windows-1252", "replace")
    return any(special.decode(rival, "replace") != ours for rival in _RIVALS)


def _speaks_western(line: bytes) -> bool | None:
    """What the plain parts of a line (language, UN/LOCODE, country domain) say of it; None if nothing."""
    plain = line.decode("ascii", "replace")
    tongues = {cell.lower() for cell in re.findall(r"(?:^|[,;\t\"])([A-Za-z]{2})(?=[,;\t\"]|$)", plain)}
    lands = {code[:2].lower() for code in re.findall(r"\b[A-Z]{2}[A-Z2-9]{3}\b", plain)}
    lands |= {land.lower() for land in re.findall(r"@[\w.-]+\.([A-Za-z]{2})\b", plain)}
    tongues, lands = tongues - _EITHER, lands - _EITHER
    if tongues:  # a language says more than a place: a Polish firm may wait at Calais
        return tongues <= _WESTERN | _WESTERN_LANDS
    if lands:
        return lands <= _WESTERN_LANDS
    return True if _WESTERN_WORDS.search(plain) else None


def _plausible(word: str) -> bool:
    """False for what only a wrong reading makes: symbols or capitals inside words, heaped accents."""
    run = 0
    for index, char in enumerate(word):
        if char.isascii():
            run = 0
            continue
        before = word[index - 1] if index else " "
        after = word[index + 1] if index + 1 < len(word) else " "
        if unicodedata.category(char) == "Cc":
            return False
        if char.isalpha() and char not in _MARKS:
            run += 1
            if run > 2 or (char.isupper() and before.islower()):
                return False
        elif char not in _MARKS or (char in "‚„…‰‹›€«»¡¿§©®°" and before.isalpha() and after.isalpha()):
            return False
    return True
