"""A channel that accepts everything and keeps it in memory: for trying out, and for tests of what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from delivery.claim import BACKOFF_S, Item
from delivery.outcomes import Outcome
from delivery.states import State


class SinkChannel:
    kept: ClassVar[list[Item]] = []
    steps = BACKOFF_S

    def window(self, lane: str) -> int:
        return 1

    def resends(self, lane: str) -> bool:
        return True

    def send(self, items: Iterable[Item], *, end: float, until: float) -> Iterator[Outcome]:
        for item in items:
            self.kept.append(item)
            yield Outcome(item.id, State.ACCEPTED, "250")

    def refuses_us(self, outcome: Outcome) -> bool:
        return False

    def blocked(self, why: str) -> bool:
        return False

    def close(self) -> None:
        return
