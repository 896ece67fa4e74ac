"""How many parts a text message takes. Pure.

3GPP TS 23.038: a part holds 160 septets or 70 UTF-16 units; of several parts each holds 153 or 67.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")  # two septets each


class Encoding(StrEnum):
    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


SINGLE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True)
class Measure:
    """`units` are septets or UTF-16 units; `culprits` the signs that force UCS-2, in order."""

    encoding: Encoding
    units: int
    parts: int
    culprits: tuple[str, ...] = ()


def _packed(sizes: Sequence[int], room: int) -> int:
    """Parts of `room` units; a sign of two units is never split between two parts."""
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts


def measure(text: str) -> Measure:
    """What `text` costs as it stands."""
    culprits = tuple(dict.fromkeys(sign for sign in text if sign not in _BASIC and sign not in _ESCAPED))
    encoding = Encoding.UCS2 if culprits else Encoding.GSM7
    if culprits:
        sizes = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    else:
        sizes = [2 if sign in _ESCAPED else 1 for sign in text]
    units = sum(sizes)
    parts = 1 if units <= SINGLE[encoding] else _packed(sizes, JOINED[encoding])
    return Measure(encoding, units, parts, culprits)
