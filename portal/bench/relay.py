"""smtp-sink and smtp-source of Postfix: the fastest mail server, since it stores nothing, and its load maker.

They are taken out of Debian's package without installing it; no mail server is ever started.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from portal.embedded.processes import CannotStart, free_port, stop, wait_until

from .debian import unpacked

SESSIONS = 4
LENGTH = 4_096
_COUNT = re.compile(rb"mesg=(\d+)")


class Tools:
    """Paths of the two programs, and the environment that lets them find their libraries."""

    def __init__(self, folder: Path) -> None:
        self.root = unpacked(folder, "postfix")
        libraries = next(self.root.rglob("libpostfix-global.so")).parent
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
        self.sink, self.source = (str(self.root / "usr/sbin" / name) for name in ("smtp-sink", "smtp-source"))

    def wire_rate(self, sink: Sink, mails: int) -> float:
        """Mails a second that smtp-source gets into `sink`: four sessions, four kilobytes, no pipelining."""
        begun, before = time.monotonic(), sink.count()
        subprocess.run(
            [
                self.source, "-d", "-s", str(SESSIONS), "-l", str(LENGTH), "-m", str(mails),
                "-f", "source@bench.invalid", "-t", "sink@bench.invalid", f"127.0.0.1:{sink.port}",
            ],
            env=self.environment, check=True,
        )  # fmt: skip
        sink.wait_for(before + mails, 600)
        return mails / (time.monotonic() - begun)


class Sink:
    """A running smtp-sink and how many mails it has taken."""

    def __init__(self, tools: Tools, folder: Path, name: str = "sink") -> None:
        self.port, self.log = free_port(), folder / f"{name}.count"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [tools.sink, "-c", *user, f"127.0.0.1:{self.port}", "1024"],
                env=tools.environment, stdout=log, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        wait_until(self._started, lambda: self.process.poll() is None, "smtp-sink", 20)

    def _started(self) -> bool:
        """Its port is in the kernel's list; a connection of ours would count as a session."""
        wanted = f":{self.port:04X} "
        return any(wanted in line and " 0A " in line for line in Path("/proc/net/tcp").read_text().splitlines())

    def count(self) -> int:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 200))
            found = _COUNT.findall(log.read())
        return int(found[-1]) if found else 0

    def wait_for(self, mails: int, patience_s: float, alive: Callable[[], bool] = lambda: True) -> float:
        """The moment (`time.monotonic()`) at which it had so many; raises if they do not come."""
        end = time.monotonic() + patience_s
        while self.count() < mails:
            if time.monotonic() > end or self.process.poll() is not None or not alive():
                raise CannotStart(f"The sink has {self.count()} of {mails} mails after {patience_s:.0f} s.")
            time.sleep(0.002)
        return time.monotonic()

    def stop(self) -> None:
        stop(self.process)
