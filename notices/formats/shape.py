"""What a feed is: a line of the registry, and the edition that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise

from notices.cards import Card


@dataclass(frozen=True)
class Edition:
    """One answer: its cards, the addresses it stands at, and when its set last changed."""

    cards: Sequence[Card]
    publisher: str
    self_url: str
    page_url: str
    language: str
    updated: datetime | None
    now: datetime


@dataclass(frozen=True)
class Feed:
    """`name` is the URL name; what is over or withdrawn stays `over_for`, so that readers learn of it."""

    name: str
    file: str
    media_type: str
    title: str | Promise
    write: Callable[[Edition], bytes]
    over_for: timedelta = timedelta(0)
