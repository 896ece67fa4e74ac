"""One connection to a mail server: the standard library's client with pipelining and bounded waits (RFC 2920)."""

from __future__ import annotations

import smtplib
import socket
import ssl
import struct
import time
from collections import deque

from delivery.relays import Relay

TIMEOUT_S = 60  # one wait for the other side
TICK_S = 1  # the kernel wakes a waiting connection so often, to look whether there is time left
LONGEST_REPLY = 8_192
ACCEPTED = 250
GO_AHEAD = 354
CLOSING = 421
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection(smtplib.SMTP):
    """The standard library's client; nothing goes on past `until` (`time.monotonic()`)."""

    until = 0.0
    served = 0  # mails answered on this connection
    pipelining = eight_bit = False

    def __init__(self, relay: Relay) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self.relay = relay
        self._forget()

    def _forget(self) -> None:
        self._replies: deque[tuple[int, bytes]] = deque()  # heard and not yet asked for
        self._text = self._rest = b""  # of a reply of several lines; of a line

    def patience(self) -> float:
        """Seconds that the next wait may take; raises `TimeoutError` when there is no time left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time left")
        return min(TIMEOUT_S, left)

    def wait(self, begun: float) -> float:
        """Called at each tick of a wait that began at `begun` (0: at this tick); raises `TimeoutError` at its end."""
        begun = begun or time.monotonic() - TICK_S
        if time.monotonic() - begun >= TIMEOUT_S:
            raise TimeoutError("the server does not answer")
        return begun

    def getreply(self) -> tuple[int, bytes]:
        """The next reply: its code, -1 for one without, and its lines; raises `SMTPServerDisconnected` at the end."""
        while not self._replies:
            self._hear()
        return self._replies.popleft()

    def _hear(self) -> None:
        """Takes in what the server has said by now: to a pipelining client it says several replies at once."""
        said = self._receive()
        *lines, self._rest = (self._rest + said).split(b"\n")
        if not said or len(self._rest) + len(self._text) > LONGEST_REPLY:
            self.close()
            raise smtplib.SMTPServerDisconnected("the connection ended, or a reply without an end")
        for line in lines:
            self._text += line[4:].rstrip()
            if line[3:4] == b"-":
                self._text += b"\n"
            else:
                code = line[:3]
                self._replies.append((int(code) if code.isdigit() else -1, self._text))
                self._text = b""

    def _receive(self) -> bytes:
        """What comes next, each wait bounded by the connection's time: no drip of octets outlasts it."""
        begun = 0.0
        while self.sock is not None:
            self.patience()
            try:
                return self.sock.recv(LONGEST_REPLY)
            except _NOTHING_YET:
                begun = self.wait(begun)
        return b""

    def close(self) -> None:
        super().close()
        self._forget()

    def open(self) -> None:
        """Connects, greets, secures and signs in, within the time there is."""
        self.timeout = self.patience()
        self.connect(self.relay.host, self.relay.port)
        self._bound_waits()
        self.ehlo_or_helo_if_needed()
        if self.relay.starttls:
            self.starttls(context=ssl.create_default_context())
            self._forget()  # what was said in clear text answers nothing that is said under TLS
            self.ehlo_or_helo_if_needed()
        if self.relay.user:
            self.login(self.relay.user, self.relay.password)
        self._bound_waits()
        self.pipelining = bool(self.has_extn("pipelining"))
        self.eight_bit = bool(self.has_extn("8bitmime"))

    def _bound_waits(self) -> None:
        """Blocking calls that the kernel ends at each tick: one system call; a timeout of Python's takes two."""
        if self.sock is None:
            return
        self.sock.settimeout(None)
        tick = struct.pack("ll", TICK_S, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tick)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tick)
        # Small packets in both directions: without this each round trip may wait 40 ms for an acknowledgement.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def put(self, content: bytes) -> None:
        """Hands bytes to the kernel; raises `SMTPServerDisconnected` on a connection that is gone."""
        at, begun = 0, 0.0
        while at < len(content):
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the connection is closed")
            self.patience()
            try:
                at += self.sock.send(memoryview(content)[at:] if at else content)
                begun = 0.0
            except _NOTHING_YET:
                begun = self.wait(begun)


class SecureConnection(Connection, smtplib.SMTP_SSL):
    """The same over TLS from the first octet (RFC 8314)."""
