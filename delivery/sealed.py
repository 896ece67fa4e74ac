"""A sealed message: rendered once, with marks where each person's own parts are joined in."""

from __future__ import annotations

from dataclasses import dataclass, field

GREETING = "[[fairway:greeting]]"
LEAVE_URL = "[[fairway:leave]]"


def unmarked(text: str) -> str:
    """What a person typed, so that it cannot stand for a mark."""
    return text.replace("[[fairway:", "[fairway:")


@dataclass(frozen=True)
class Sealed:
    """One language and variant. `headers`: extra header lines such as References, already ASCII."""

    language: str
    subject: str
    text: str
    html: str = ""
    variant: str = ""
    headers: dict[str, str] = field(default_factory=dict)
