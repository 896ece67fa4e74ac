"""A channel that accepts everything and keeps it in memory: for trying out, and for tests of what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from delivery.claim import Item
from delivery.outcomes import Outcome
from delivery.states import State


class SinkChannel:
    kept: ClassVar[list[Item]] = []

    def send(self, items: Iterable[Item], *, until: float) -> Iterator[Outcome]:
        for item in items:
            self.kept.append(item)
            yield Outcome(item.id, State.ACCEPTED, "250")

    def close(self) -> None:
        return
