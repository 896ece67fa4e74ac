"""The door for a mail relay on this machine or beside it: LMTP (RFC 2033), one recipient a mail.

250 means committed. A database that is away is 451, so that the relay keeps the mail and comes again. It speaks
neither TLS nor passwords: bind it to loopback, a socket file or an inner network.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP

from delivery import intake
from delivery.intake import Taken

from . import hand_in

log = logging.getLogger(__name__)

THREADS = 2  # mails that are written at the same time
PATIENCE_S = 60  # a relay that says nothing for so long
DRAIN_S = 10

REPLIES = {
    Taken.KEPT: "250 2.0.0 kept",
    Taken.AGAIN: "250 2.0.0 known already",
    Taken.STALE: "250 2.0.0 too old to count",
    Taken.UNKNOWN: "550 5.1.1 no such address here",
    Taken.FORGED: "550 5.1.1 no such address here",
    Taken.TOO_BIG: "552 5.3.4 too big",
}
LATER = "451 4.3.0 cannot be kept now, try again"
ONE_EACH = "452 4.5.3 one recipient a mail"


class Handler:
    """What aiosmtpd asks; the database is spoken to on threads of its own."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, "inbound")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if envelope.rcpt_tos:
            return ONE_EACH
        target = intake.target_of(address)
        if isinstance(target, Taken):
            await self._hand_in(b"", address, "")  # counted there
            return REPLIES[target]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return await self._hand_in(envelope.content, envelope.rcpt_tos[0], envelope.mail_from or "<>")

    async def handle_exception(self, error: Exception) -> str:
        log.error("LMTP session failed: %s", type(error).__name__)
        return LATER

    async def _hand_in(self, raw: bytes, to: str, sender: str) -> str:
        def work() -> Taken:
            return hand_in(raw, to=to, sender=sender, door="lmtp")

        try:
            return REPLIES[await asyncio.get_running_loop().run_in_executor(self.pool, work)]
        except Exception as error:  # also a bug of ours: the relay keeps the mail until it is mended
            log.error("mail not kept: %s", type(error).__name__, exc_info=True)
            return LATER


class Door(LMTP):
    """Lines as long as a mail may be: refused for one, a report would be lost for good."""

    line_length_limit = intake.MOST


def _session(handler: Handler) -> Door:
    return Door(
        handler,
        data_size_limit=intake.MOST,
        enable_SMTPUTF8=True,
        hostname="fairway",
        ident="Fairway LMTP",
        timeout=PATIENCE_S,
    )


async def serve(where: str) -> None:
    """Answers on `HOST:PORT`, or on a socket file if `where` has a slash, until SIGTERM; then ends what is begun."""
    stopped, handler, loop = asyncio.Event(), Handler(), asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stopped.set)
    if "/" in where:
        Path(where).unlink(missing_ok=True)
        server = await loop.create_unix_server(lambda: _session(handler), where)
        os.chmod(where, 0o660)  # the relay comes in by the group of the file
    else:
        host, _colon, port = where.rpartition(":")
        server = await loop.create_server(lambda: _session(handler), host.strip("[]") or "127.0.0.1", int(port))
    async with server:
        await stopped.wait()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(handler.pool.shutdown), DRAIN_S)
    if "/" in where:
        Path(where).unlink(missing_ok=True)
