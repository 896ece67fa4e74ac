"""What a transport must do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from delivery.claim import Item
from delivery.outcomes import Outcome


class Channel(Protocol):
    @property
    def steps(self) -> Sequence[int]:
        """Seconds until the next try of what was refused for now, by how often it was tried; the last one repeats."""

    def window(self, lane: str) -> int:
        """How many messages may be on the wire between two commits; a crash leaves at most so many in doubt."""

    def resends(self, lane: str) -> bool:
        """Whether what is in doubt goes again: a second copy costs less than a missed one."""

    def send(self, items: Iterable[Item], *, end: float, until: float) -> Iterator[Outcome]:
        """Yields one outcome for each item that was begun, in any order; never raises for what the other side does.

        Nothing is begun after `end`, and no wait goes on past `until` (both `time.monotonic()`), however slowly the
        other side answers.
        """

    def refuses_us(self, outcome: Outcome) -> bool:
        """Whether it is a refusal of us or of what we send, and says nothing about the one it is for."""

    def blocked(self, why: str) -> bool:
        """Told that the other side refuses whatever we send, by policy; True if there is another way."""

    def close(self) -> None:
        """Ends kept connections."""
