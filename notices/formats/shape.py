"""What a feed is: a line of the registry, and the edition that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise

from base.text import labelled
from notices.cards import Card

# What is over or withdrawn stays so long and says so: who looks once a week still learns of it.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Edition:
    """One answer: its cards, the addresses it stands at, and when its set last changed.

    `id` lasts, wherever the site moves; `asked` says in words what was asked for, and nothing of everything.
    """

    cards: Sequence[Card]
    id: str
    asked: str
    publisher: str
    self_url: str
    page_url: str
    next_url: str  # where it goes on, empty at the end (RFC 5005, 3)
    language: str
    updated: datetime | None
    now: datetime

    def about(self, title: str) -> str:
        """So that of six feeds in a reader each has a name of its own."""
        return labelled(title, self.asked) if self.asked else title


@dataclass(frozen=True)
class Feed:
    """`name` is the URL name; `told_as` the type by which a page tells of it, where that is not what is served.

    `daily`: with each day (UTC) it says something else, though nobody changed anything.
    """

    name: str
    file: str
    media_type: str
    title: str | Promise
    write: Callable[[Edition], bytes]
    told_as: str = ""
    daily: bool = False

    @property
    def link_type(self) -> str:
        return self.told_as or self.media_type
