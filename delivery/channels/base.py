"""What a transport must do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from delivery.claim import Item
from delivery.outcomes import Outcome


class Channel(Protocol):
    def send(self, items: Iterable[Item]) -> Iterator[Outcome]:
        """Yields one outcome for each item, in order; never raises for what the other side does."""

    def close(self) -> None:
        """Ends kept connections."""
