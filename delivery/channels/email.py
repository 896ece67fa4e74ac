"""E-mail over SMTP (RFC 5321): a kept connection, pipelined where the server offers it (RFC 2920).

One envelope a person. A refused recipient never ends a batch. What happened is known by phase: before the final
dot a lost mail may be sent again freely; after it, without a reply, both sides may own it.
"""

from __future__ import annotations

import io
import logging
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from delivery import envelope
from delivery.claim import Item
from delivery.outcomes import Outcome
from delivery.states import State

log = logging.getLogger(__name__)

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")  # what a server says is kept as text, and PostgreSQL's holds no NUL
TIMEOUT_S = 60  # one wait for the other side
RESTED_S = 2.0
AWAKE_S = 5.0
ACCEPTED = 250
GO_AHEAD = 354
CLOSING = 421


@dataclass(frozen=True)
class Ready:
    """One envelope as bytes: its commands, and the mail, dot-stuffed and ended."""

    item: Item
    commands: bytes
    content: bytes


class Patient(io.RawIOBase):
    """What comes from the server, each wait bounded by the connection's time: no drip of octets outlasts it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.connection.sock is None:
            return 0
        self.connection.sock.settimeout(self.connection.patience())
        return self.connection.sock.recv_into(buffer)


class Connection(smtplib.SMTP):
    """The standard library's client plus a pipelined way to send many; nothing goes on past `until`."""

    until = 0.0

    def patience(self) -> float:
        """Seconds that the next wait may take; raises `TimeoutError` when there is no time left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time left")
        return min(TIMEOUT_S, left)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = io.BufferedReader(Patient(self))
        return super().getreply()

    def open(self) -> None:
        self.timeout = self.patience()
        self.connect(settings.EMAIL_HOST, int(settings.EMAIL_PORT))
        # Small packets in both directions: without this each round trip may wait 40 ms for an acknowledgement.
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS:
            self.starttls(context=ssl.create_default_context())
            self.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            self.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        self.served = 0  # envelopes answered on this connection
        self.pipelining = bool(self.has_extn("pipelining"))
        self.eight_bit = bool(self.has_extn("8bitmime"))

    def put(self, content: bytes) -> None:
        """Hands bytes to the kernel; raises `SMTPServerDisconnected` on a connection that is gone."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self.sock.settimeout(self.patience())
        self.sock.sendall(content)

    def commands(self, item: Item) -> bytes:
        body = b" BODY=8BITMIME" if self.eight_bit else b""
        sender, to = envelope.return_path(item.id).encode("ascii"), item.to.encode("ascii")
        return b"MAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (sender, body, to)

    def content(self, item: Item) -> bytes:
        """The mail, dot-stuffed (RFC 5321, 4.5.2) and ended by the final dot."""
        mail = envelope.letter(item.message_id).to(
            delivery_id=item.id,
            address_id=item.address_id,
            to=item.to,
            greeting=item.greeting,
            eight_bit=self.eight_bit,
        )
        stuffed = mail.replace(b"\r\n.", b"\r\n..")
        return (b"." + stuffed if stuffed.startswith(b".") else stuffed) + b".\r\n"


class EmailChannel:
    """Keeps one connection for the life of the worker process, opened again when it was cut."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.used_at = 0.0

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def send(self, items: Iterable[Item], *, until: float) -> Iterator[Outcome]:
        todo = list(items)
        while todo:
            try:
                connection = self._connection(until)
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                yield from (_not_reached(item, error) for item in todo)
                return
            ready, unfit = _prepare(connection, todo)
            todo = [each.item for each in ready]
            yield from unfit
            for outcome in self._send_over(connection, ready):
                todo = todo[1:]
                yield outcome

    def _connection(self, until: float) -> Connection:
        self._drop_if_stale(until)
        if self.connection is None or self.connection.sock is None:
            made = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else None
            connection = SecureConnection(timeout=TIMEOUT_S) if made else Connection(timeout=TIMEOUT_S)
            connection.until = until
            connection.open()
            self.connection = connection
        self.connection.until = until
        self.used_at = time.monotonic()
        return self.connection

    def _drop_if_stale(self, until: float) -> None:
        """A server may have ended a connection that rested; asking costs less than a mail that waits a minute."""
        if self.connection is None or time.monotonic() - self.used_at < RESTED_S:
            return
        self.connection.until = min(until, time.monotonic() + AWAKE_S)
        try:
            alive = self.connection.noop()[0] == ACCEPTED
        except (OSError, smtplib.SMTPException):
            alive = False
        if not alive:
            self.close()

    def _send_over(self, connection: Connection, envelopes: list[Ready]) -> Iterator[Outcome]:
        """Outcomes in order until all are sent or the connection is lost; the caller goes on with the rest.

        With pipelining one packet carries the end of a mail and the next envelope: one round trip a mail.
        A connection that served before and ends before the dot (idle too long, so many mails and no more) says
        nothing about the mail: it is left to the next, fresh connection, on which every mail has its outcome.
        """
        ahead = False  # the commands of the next envelope are on their way already
        for number, ready in enumerate(envelopes):
            following = envelopes[number + 1] if connection.pipelining and number + 1 < len(envelopes) else None
            item, dot_sent = ready.item, False
            try:
                replies = self._envelope(connection, ready, ahead)
                refusal = next((reply for reply in replies if not _went_well(reply[0])), None)
                tail = following.commands if following else b""
                ahead = following is not None
                if refusal is None and replies[2][0] == GO_AHEAD:
                    dot_sent = True  # the kernel may take it all at once: from the first octet on it is in doubt
                    connection.put(ready.content + tail)
                    code, text = connection.getreply()
                    yield _outcome(item, code, text)
                else:
                    code, text = refusal or replies[-1]
                    if code == CLOSING:
                        self.close()
                        if connection.served:
                            return
                    else:
                        self._abandon(connection, replies, tail)
                    yield _outcome(item, code, text)
                connection.served += 1
                if code == CLOSING:
                    self.close()
                    return
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                if dot_sent:
                    yield _uncertain(item, error)
                elif not connection.served:
                    yield _not_reached(item, error)
                return

    def _envelope(self, connection: Connection, ready: Ready, ahead: bool) -> list[tuple[int, bytes]]:
        """The replies to MAIL, RCPT and DATA; without pipelining, DATA is asked for only if the others are fine."""
        if connection.pipelining:
            if not ahead:
                connection.put(ready.commands)
            return [connection.getreply() for _command in range(3)]
        replies: list[tuple[int, bytes]] = []
        for command in ready.commands.splitlines(keepends=True):
            connection.put(command)
            replies.append(connection.getreply())
            if not _went_well(replies[-1][0]):
                break
        return replies

    def _abandon(self, connection: Connection, replies: list[tuple[int, bytes]], tail: bytes) -> None:
        """Back to a clean state after a refusal, the next envelope in the same packet."""
        if len(replies) == 3 and replies[2][0] == GO_AHEAD:
            # RFC 2920, 3.1: DATA that was accepted without a recipient is ended by a lone dot.
            connection.put(b".\r\n")
            connection.getreply()
        connection.put(b"RSET\r\n" + tail)
        connection.getreply()


class SecureConnection(Connection, smtplib.SMTP_SSL):
    """The same over TLS from the first octet (RFC 8314)."""


def _prepare(connection: Connection, items: Iterable[Item]) -> tuple[list[Ready], list[Outcome]]:
    """Every envelope before the first is said, and an outcome for each that cannot be built."""
    ready: list[Ready] = []
    unfit: list[Outcome] = []
    for item in items:
        try:
            ready.append(Ready(item, connection.commands(item), connection.content(item)))
        except DatabaseError:
            raise
        except Exception as error:  # whatever is wrong with one mail, it takes no other along
            log.exception("delivery %s cannot be made into a mail", item.id)
            unfit.append(Outcome(item.id, State.PARKED, "unfit", str(error)))
    return ready, unfit


def _went_well(code: int) -> bool:
    return 200 <= code < 400  # -1 stands for a reply without a code


def _outcome(item: Item, code: int, text: bytes) -> Outcome:
    reply = _UNPRINTABLE.sub(" ", text.decode("utf-8", "replace"))
    if 200 <= code < 300:
        return Outcome(item.id, State.ACCEPTED, str(code), reply)
    if 500 <= code < 600:
        return Outcome(item.id, State.FAILED, str(code), reply)
    return Outcome(item.id, State.DEFERRED, str(code), reply)


def _not_reached(item: Item, error: Exception) -> Outcome:
    """Nothing of the text was handed over: try again freely."""
    return Outcome(item.id, State.DEFERRED, "cut", str(error))


def _uncertain(item: Item, error: Exception) -> Outcome:
    return Outcome(item.id, State.UNCERTAIN, "cut", str(error))
