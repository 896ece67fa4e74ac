"""The drill's own mail server: it writes and fsyncs each acceptance before it answers 250. Imports no Django.

Acceptances that arrive within the same turn of the loop share one fsync (group commit). With a seed it misbehaves as
real servers do, the same for each address and attempt whenever it is played again (`portal.drill.moods`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from collections import Counter
from typing import IO

from portal.drill import moods
from portal.drill.moods import Greeting, Mood


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


class Cut(Exception):
    """The server hangs up here, without a word."""


class Session:
    """One SMTP session (RFC 5321 with PIPELINING and 8BITMIME)."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, journal: Journal, seed: str,
        attempts: Counter[str],
    ) -> None:  # fmt: skip
        self.reader, self.writer, self.journal = reader, writer, journal
        self.seed, self.attempts = seed, attempts
        self.sender = self.to = ""
        self.mood = Mood.GOOD
        attempts["connections"] += 1
        self.greeting = moods.greeting_of(seed, attempts["connections"])

    def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")

    async def talk(self) -> None:
        if self.greeting == Greeting.CUT_AT_CONNECT:
            raise Cut
        self.say("220 drill sink")
        while line := await self.reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO" and self.greeting == Greeting.CUT_AT_EHLO:
                raise Cut
            if verb == b"EHLO":
                self.say("250-drill sink\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"MAIL":
                self.sender = line.split(b"<", 1)[1].split(b">", 1)[0].decode()
                self.to = ""
                self.say("250 ok")
            elif verb == b"RCPT":
                await self.recipient(line.split(b"<", 1)[1].split(b">", 1)[0].decode())
            elif verb == b"DATA" and not self.to:
                self.say("503 no recipient")
            elif verb == b"DATA":
                await self.data()
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")
            await self.writer.drain()

    async def recipient(self, to: str) -> None:
        self.attempts[to] += 1
        self.mood = moods.mood_of(self.seed, to, self.attempts[to])
        if self.mood == Mood.CUT_AT_RCPT:
            raise Cut
        if self.mood == Mood.CLOSING:
            self.say("421 4.3.2 closing")
            await self.writer.drain()
            raise Cut
        if self.mood in (Mood.LATER, Mood.NEVER):
            self.say("451 4.7.1 later" if self.mood == Mood.LATER else "550 5.1.1 nobody here")
            return
        self.to = to
        self.say("250 ok")

    async def data(self) -> None:
        if self.mood == Mood.CUT_AT_DATA:
            raise Cut
        self.say("354 go ahead")
        await self.writer.drain()
        if self.mood == Mood.CUT_BEFORE_CONTENT:
            raise Cut
        if self.mood == Mood.CUT_IN_CONTENT:
            await self.reader.read(200)
            raise Cut
        content = await self.reader.readuntil(b"\r\n.\r\n")
        if self.mood == Mood.CUT_AFTER_DOT:
            raise Cut
        if self.mood == Mood.SLOW:
            await asyncio.sleep(moods.SLOW_S)
        if self.mood == Mood.NOT_THIS_TIME:
            self.say("452 4.3.1 no room")
            return
        mail = content[:-5].replace(b"\r\n..", b"\r\n.").decode("utf-8", "replace")
        await self.journal.write(json.dumps({"sender": self.sender, "to": self.to, "mail": mail}) + "\n")
        if self.mood == Mood.CUT_AFTER_KEEPING:
            raise Cut
        self.say("250 kept")


async def serve(port: int, path: str, seed: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    attempts: Counter[str] = Counter()
    with open(path, "a", encoding="utf-8") as file:
        journal = Journal(file)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await Session(reader, writer, journal, seed, attempts).talk()
            except (ConnectionError, asyncio.IncompleteReadError, Cut):
                pass  # one side went away; what was accepted is on disk
            finally:
                writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", port, limit=2**20):
            await stopped.wait()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--log", required=True)
    arguments.add_argument("--seed", default="", help="misbehaves as this seed says")
    told = arguments.parse_args()
    asyncio.run(serve(told.port, told.log, told.seed))


if __name__ == "__main__":
    main()
