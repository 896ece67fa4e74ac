"""Readers who come at a steady rate, whether the ones before were answered or not.

Each waits from the moment at which it meant to come, so that a pause of the server is felt by all who came in it.
`python -m portal.bench.openloop --port N --rate R --seconds S PATH…` prints one object: latencies, and what was seen.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

CONNECTIONS = 100
_REFERENCE = re.compile(rb"PD-\d{4}-(\d+)")
_TAG = re.compile(rb"\r\netag: *([^\r]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Seen:
    """What one address said under one entity tag, and when somebody was last shown it (UNIX time)."""

    body: bytes
    last: float


@dataclass
class Readers:
    port: int
    paths: list[str]
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    seen: dict[tuple[str, bytes], Seen] = field(default_factory=dict)

    async def run(self, rate: float, seconds: float) -> None:
        begun = time.monotonic() + 0.2
        moments = iter([begun + number / rate for number in range(int(rate * seconds))])
        turns = itertools.cycle(self.paths)
        await asyncio.gather(*(self._reader(moments, turns) for _one in range(CONNECTIONS)))

    async def _reader(self, moments: Iterator[float], turns: Iterator[str]) -> None:
        link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for due in moments:
            await asyncio.sleep(max(0, due - time.monotonic()))
            path = next(turns)
            try:
                if link is None:
                    link = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
                head, body = await self._asked(link, path)
            except (OSError, asyncio.IncompleteReadError):
                link, head, body = None, b"", b""
            self.waits.append(time.monotonic() - due)
            if not head.startswith(b"HTTP/1.1 200"):
                self.failed += 1
                continue
            tag = _TAG.search(head)
            known = self.seen.setdefault((path, tag[1] if tag else b""), Seen(body, 0))
            known.last = time.time()

    async def _asked(
        self, link: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str
    ) -> tuple[bytes, bytes]:
        reader, writer = link
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length:
            return head, await reader.readexactly(int(length[1]))
        body = bytearray()
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return head, bytes(body)

    def figures(self) -> dict[str, object]:
        waits = sorted(self.waits)
        states = []
        for (path, _tag), seen in self.seen.items():
            text = gzip.decompress(seen.body) if seen.body[:2] == b"\x1f\x8b" else seen.body
            newest = max((int(number) for number in _REFERENCE.findall(text)), default=0)
            states.append({"path": path, "newest": newest, "last": seen.last})
        return {
            "asked": len(waits), "failed": self.failed, "states": states,
            **{f"p{part}_ms": round(waits[int(len(waits) * part / 100)] * 1_000, 1) for part in (50, 99)},
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("paths", nargs="+")
    given = parser.parse_args()
    readers = Readers(given.port, given.paths)
    asyncio.run(readers.run(given.rate, given.seconds))
    json.dump(readers.figures(), sys.stdout)


if __name__ == "__main__":
    main()
