"""What a transport must do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from delivery.claim import Item
from delivery.outcomes import Outcome


class Channel(Protocol):
    def send(self, items: Iterable[Item], *, until: float) -> Iterator[Outcome]:
        """Yields one outcome for each item; never raises for what the other side does.

        No wait goes on past `until` (`time.monotonic()`), however slowly the other side answers.
        """

    def close(self) -> None:
        """Ends kept connections."""
