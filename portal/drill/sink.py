"""The drill's own mail server: it writes and fsyncs each acceptance before it answers 250. Imports no Django.

Acceptances that arrive within the same turn of the loop share one fsync (group commit).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import IO


class Journal:
    """Lines on disk before anybody is told."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []
        self.flushing: asyncio.Task[None] | None = None

    async def write(self, line: str) -> None:
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((line, done))
        if self.flushing is None or self.flushing.done():
            self.flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            self.file.write("".join(line for line, _done in batch))
            self.file.flush()
            await asyncio.to_thread(os.fsync, self.file.fileno())
            for _line, done in batch:
                done.set_result(None)


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, journal: Journal) -> None:
    """One SMTP session (RFC 5321 with PIPELINING and 8BITMIME)."""
    say: Callable[[str], None] = lambda text: writer.write(text.encode() + b"\r\n")  # noqa: E731
    say("220 drill sink")
    sender = to = ""
    try:
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250-drill sink\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"MAIL":
                sender = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
                say("250 ok")
            elif verb == b"RCPT":
                to = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
                say("250 ok")
            elif verb == b"DATA":
                say("354 go ahead")
                await writer.drain()
                content = await reader.readuntil(b"\r\n.\r\n")
                mail = content[:-5].replace(b"\r\n..", b"\r\n.").decode("utf-8", "replace")
                await journal.write(json.dumps({"sender": sender, "to": to, "mail": mail}) + "\n")
                say("250 kept")
            elif verb == b"QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the other side went away; what was accepted is on disk
    finally:
        writer.close()


async def serve(port: int, path: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    with open(path, "a", encoding="utf-8") as file:
        journal = Journal(file)
        server = await asyncio.start_server(
            lambda reader, writer: talk(reader, writer, journal), "127.0.0.1", port, limit=2**20
        )
        async with server:
            await stopped.wait()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--log", required=True)
    told = arguments.parse_args()
    asyncio.run(serve(told.port, told.log))


if __name__ == "__main__":
    main()
