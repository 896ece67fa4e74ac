"""Whom a copy for trying things out may reach: asked inside the transport, after everything else has said yes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from base import mailbox

from .outcomes import Outcome
from .states import State


class Bound(Protocol):
    """Something for one address: the only part of an item that counts here."""

    @property
    def id(self) -> int: ...
    @property
    def to(self) -> str: ...


Some = TypeVar("Some", bound=Bound)


@lru_cache(maxsize=8)
def _keys(listed: tuple[str, ...]) -> frozenset[str]:
    """Mailboxes and domains as they are compared."""
    return frozenset(
        mailbox.key(one) if "@" in one else mailbox.ascii_domain(one) for one in map(str.strip, listed) if one
    )


def may_reach(to: str) -> bool:
    """True if `FAIRWAY_ONLY_TO` is empty, or names this mailbox, its domain, this number, or the host of this URL."""
    listed = _keys(tuple(settings.FAIRWAY_ONLY_TO))
    if not listed:
        return True
    if "://" in to:
        return (urlsplit(to).hostname or "") in listed
    return to in listed or ("@" in to and to.rpartition("@")[2] in listed)


def part(items: Iterable[Some]) -> tuple[list[Some], list[Outcome]]:
    """Those that may be reached, and the outcome of each other one."""
    allowed: list[Some] = []
    stopped: list[Outcome] = []
    for item in items:
        if may_reach(item.to):
            allowed.append(item)
        else:
            stopped.append(Outcome(item.id, State.STOPPED, "not allowed", "not on the allow-list"))
    return allowed, stopped
