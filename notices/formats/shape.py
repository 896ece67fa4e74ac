"""What a feed is: a line of the registry, and the edition that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise

from notices.cards import Card

# What is over or withdrawn stays so long and says so: who looks once a week still learns of it.
KEPT = timedelta(days=30)


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
    """`name` is the URL name; `told_as` the type by which a page tells of it, where that is not what is served."""

    name: str
    file: str
    media_type: str
    title: str | Promise
    write: Callable[[Edition], bytes]
    told_as: str = ""

    @property
    def link_type(self) -> str:
        return self.told_as or self.media_type
