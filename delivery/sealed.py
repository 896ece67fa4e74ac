"""A sealed message: rendered once, with marks where each person's own parts are joined in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GREETING = "[[fairway:greeting]]"
WHY = "[[fairway:why]]"
LEAVE_URL = "[[fairway:leave]]"


def unmarked(text: str) -> str:
    """What a person typed, so that it cannot stand for a mark."""
    return text.replace("[[fairway:", "[fairway:")


@dataclass(frozen=True)
class Sealed:
    """One language and variant. `headers`: extra header lines such as References, already ASCII.

    `bodies`: what other channels say, by channel: a text, or what is sent as JSON.
    """

    language: str
    subject: str
    text: str
    html: str = ""
    variant: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
