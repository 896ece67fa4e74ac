"""Text as it may enter: without what no reader sees and what breaks feeds, headers and databases."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext

# Line and paragraph separators are ends of lines; NEL too.
_LINE_ENDS = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\x85": "\n"})
# Overrides, embeddings and isolates reorder what stands after them, once unclosed; the byte order mark is no letter.
_UNWANTED = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")
_CATEGORIES = ("Cc", "Cs")  # control characters; halves of surrogate pairs, which UTF-8 cannot hold


def _kept(sign: str, keep: str) -> bool:
    return sign in keep or (sign not in _UNWANTED and unicodedata.category(sign) not in _CATEGORIES)


def prose(text: str) -> str:
    """Several lines: ends of lines become `\\n`, tabs stay, other control characters go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    return "".join(sign for sign in lines if _kept(sign, "\n\t"))


def one_line(text: str) -> str:
    """One line: breaks and runs of blanks become one blank, control characters go. Fit for a mail header.

    A no-break space inside stays as typed, since French writes one before a colon.
    """
    broken = "".join(" " if sign.isspace() and sign not in "\xa0\u202f" else sign for sign in prose(text))
    return " ".join(part for part in broken.split(" ") if part)


def labelled(name: object, said: object) -> str:
    """"Name: what is said", with the colon of the active language."""
    return gettext("%(name)s: %(said)s") % {"name": name, "said": said}
