"""How the drill's mail server treats an address at an attempt: drawn from the seed, so that a play repeats."""

from __future__ import annotations

import hashlib
from enum import StrEnum

SLOW_S = 2.0
PATIENT_AFTER = 3  # from this attempt on everybody who exists is taken


class Mood(StrEnum):
    GOOD = "good"
    NEVER = "never"  # no such mailbox, at any attempt
    LATER = "later"
    NOT_THIS_TIME = "not_this_time"
    CLOSING = "closing"
    SLOW = "slow"
    CUT_AT_RCPT = "cut_at_rcpt"
    CUT_AT_DATA = "cut_at_data"
    CUT_BEFORE_CONTENT = "cut_before_content"
    CUT_IN_CONTENT = "cut_in_content"
    CUT_AFTER_DOT = "cut_after_dot"
    CUT_AFTER_KEEPING = "cut_after_keeping"


# In a thousand addresses; the rest are treated well. `CUT_AFTER_KEEPING` is the one that must end in two copies.
IN_A_THOUSAND = {
    Mood.NEVER: 10, Mood.LATER: 20, Mood.NOT_THIS_TIME: 10, Mood.CLOSING: 5, Mood.SLOW: 2, Mood.CUT_AT_RCPT: 3,
    Mood.CUT_AT_DATA: 3, Mood.CUT_BEFORE_CONTENT: 2, Mood.CUT_IN_CONTENT: 2, Mood.CUT_AFTER_DOT: 2,
    Mood.CUT_AFTER_KEEPING: 2,
}  # fmt: skip


class Greeting(StrEnum):
    """How it treats a connection before anybody is named."""

    GOOD = "good"
    CUT_AT_CONNECT = "cut_at_connect"
    CUT_AT_EHLO = "cut_at_ehlo"


ONE_IN = 40  # connections for each of the two cuts


def greeting_of(seed: str, connection: int) -> Greeting:
    if not seed or connection % ONE_IN not in (ONE_IN // 2, ONE_IN - 1):
        return Greeting.GOOD
    return Greeting.CUT_AT_CONNECT if connection % ONE_IN == ONE_IN - 1 else Greeting.CUT_AT_EHLO


def mood_of(seed: str, to: str, attempt: int) -> Mood:
    if not seed or to.startswith("probe"):
        return Mood.GOOD
    if _drawn(seed, to) == Mood.NEVER:
        return Mood.NEVER
    if attempt >= PATIENT_AFTER:
        return Mood.GOOD
    drawn = _drawn(f"{seed}:{attempt}", to)
    return Mood.GOOD if drawn == Mood.NEVER else drawn


def is_refused(seed: str, to: str) -> bool:
    """Whether this address is refused at every attempt."""
    return mood_of(seed, to, PATIENT_AFTER) == Mood.NEVER


def _drawn(seed: str, to: str) -> Mood:
    place = int.from_bytes(hashlib.sha256(f"{seed}/{to}".encode()).digest()[:4]) % 1_000
    for mood, share in IN_A_THOUSAND.items():
        if place < share:
            return mood
        place -= share
    return Mood.GOOD
