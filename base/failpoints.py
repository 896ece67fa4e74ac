"""Places where a process kills itself, so that a drill hits each dangerous moment on purpose and not by luck.

Armed by `FAILPOINTS=<seed>:<kills>:<file>` in the environment of a drill's workers alone; otherwise `reached` does
nothing. Each process draws one place and how often it passes there; the file has a line for each death.
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

# Place → at most so many passes before the end, of batches or of mails: one that is sent alone, as after a crash, is
# no more likely to be hit than one in a window of fifty.
PLACES = {"after_claim": 2, "before_wire": 100, "after_dot": 40, "after_250": 40, "before_commit": 100}


def calm(path: Path) -> Path:
    """While this file is there, nobody dies."""
    return path.with_suffix(".calm")


class Bomb:
    """What one process has drawn; drawn anew in each child, since a fork inherits its parent's memory."""

    def __init__(self, told: str) -> None:
        seed, kills, path = told.split(":", 2)
        self.seed, self.kills, self.path = seed, int(kills), Path(path)
        self.pid, self.place, self.left = 0, "", 0

    def reached(self, place: str, passes: int = 1) -> None:
        if self.pid != os.getpid():
            self._draw()
        if place == self.place:
            self.left -= passes
            if self.left <= 0:
                self._die()

    def _deaths(self) -> int:
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0

    def _draw(self) -> None:
        self.pid, deaths = os.getpid(), self._deaths()
        drawn = random.Random(f"{self.seed}:{deaths}")  # noqa: S311 - a drill that can be played again
        self.place = drawn.choice(list(PLACES)) if deaths < self.kills else ""
        self.left = drawn.randint(1, PLACES.get(self.place, 1))

    def _die(self) -> None:
        if self._deaths() >= self.kills:
            self.place = ""
            return
        if calm(self.path).exists():
            return
        with self.path.open("a") as file:
            file.write(f"{self.place} {self.pid}\n")
        os.kill(self.pid, signal.SIGKILL)


_told = os.environ.get("FAILPOINTS", "")
ARMED = bool(_told)
reached = Bomb(_told).reached if ARMED else lambda place, passes=1: None
