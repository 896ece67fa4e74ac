"""One connection's mail, step by step; what happened is known by phase (RFC 5321, RFC 2920, RFC 1047).

Before the final dot a lost mail may be sent again freely; after it, without a reply, both sides may own it.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from typing import NamedTuple

from base import failpoints
from delivery.claim import Item
from delivery.outcomes import Outcome
from delivery.states import State

from .smtp import CLOSING, GO_AHEAD, Connection

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")  # what a server says is kept as text, and PostgreSQL's holds no NUL
Error = (OSError, smtplib.SMTPException)


class Ready(NamedTuple):
    """One envelope as bytes: its commands, and the mail, dot-stuffed and ended."""

    item: Item
    commands: bytes
    content: bytes


class Talk:
    """One connection's mail, step by step, so that several connections can wait for their server at the same time.

    A connection that served before and ends before the dot (idle too long, so many mails and no more) says nothing
    about its mail: that one is left to a fresh connection, on which every mail has its outcome.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.mail: Ready | None = None
        self.following: Ready | None = None  # its commands have been said already
        self.dot_sent = False
        self.outcome: Outcome | None = None

    def begin(self, mail: Ready) -> None:
        self.mail, self.dot_sent, self.outcome = mail, False, None
        if self.connection.pipelining:
            self._try(self.connection.put, mail.commands)

    def hand_over(self, following: Ready | None) -> None:
        """Reads what became of the envelope and sends the mail, the next envelope in the same packet."""
        if self.mail is None:
            return
        self.following = following
        self._try(self._hand_over, self.mail)

    def end(self) -> Outcome | None:
        """The outcome of the mail, and on to the next; None if a fresh connection should have it."""
        if self.dot_sent and self.outcome is None:
            self._try(self._read_end)
        if self.outcome is not None:
            self.mail, self.following = self.following, None
            self.connection.served += 1
            self.dot_sent = False
        outcome, self.outcome = self.outcome, None
        return outcome

    @property
    def looks_ahead(self) -> bool:
        return self.connection.pipelining and not self.lost

    @property
    def lost(self) -> bool:
        return self.connection.sock is None

    def unsaid(self) -> list[Item]:
        """Mails that were taken up and of which nothing was handed over."""
        return [ready.item for ready in (self.mail, self.following) if ready is not None]

    def _try(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except Error as error:
            self.connection.close()
            if self.mail is None:
                return
            if self.dot_sent:
                self.outcome = Outcome(self.mail.item.id, State.UNCERTAIN, "cut", str(error))
            elif not self.connection.served:
                self.outcome = not_reached(self.mail.item, error)

    def _hand_over(self, mail: Ready) -> None:
        replies = self._envelope(mail)
        refusal = next((reply for reply in replies if not 200 <= reply[0] < 400), None)
        tail = self.following.commands if self.following else b""
        if refusal is None and replies[2][0] == GO_AHEAD:
            self.dot_sent = True  # the kernel may take it all at once: from the first octet on it is in doubt
            self.connection.put(mail.content + tail)
            if failpoints.ARMED:
                failpoints.reached("after_dot")
            return
        if refusal is None or not _in_step(refusal[0]):
            # Whatever it answers from here on may belong to another command: nothing was handed over, so begin anew.
            self.connection.close()
            self.outcome = not_reached(mail.item, smtplib.SMTPException(f"an odd answer: {refusal or replies[-1]}"))
            return
        code, text = refusal
        if code == CLOSING:
            self.connection.close()
            if self.connection.served:
                return
        else:
            self._abandon(replies, tail)
        self.outcome = _outcome(mail.item, code, text)

    def _envelope(self, mail: Ready) -> list[tuple[int, bytes]]:
        """The replies to MAIL, RCPT and DATA; without pipelining, DATA is asked for only if the others are fine."""
        if self.connection.pipelining:
            return [self.connection.getreply() for _command in range(3)]
        replies: list[tuple[int, bytes]] = []
        for command in mail.commands.splitlines(keepends=True):
            self.connection.put(command)
            replies.append(self.connection.getreply())
            if not 200 <= replies[-1][0] < 400:
                break
        return replies

    def _abandon(self, replies: list[tuple[int, bytes]], tail: bytes) -> None:
        """Back to a clean state after a refusal, the next envelope in the same packet."""
        if len(replies) == 3 and replies[2][0] == GO_AHEAD:
            # RFC 2920, 3.1: DATA that was accepted without a recipient is ended by a lone dot.
            self.connection.put(b".\r\n")
            self.connection.getreply()
        self.connection.put(b"RSET\r\n" + tail)
        self.connection.getreply()

    def _read_end(self) -> None:
        code, text = self.connection.getreply()
        if not _in_step(code):
            raise smtplib.SMTPException(f"an odd answer to the mail: {text!r}")
        if self.mail is not None:
            self.outcome = _outcome(self.mail.item, code, text)
        if code == CLOSING:
            self.connection.close()


def _in_step(code: int) -> bool:
    """Whether it is an answer to a command or to a mail (RFC 5321, 4.2), and no stray line between two of them."""
    return 200 <= code < 300 or 400 <= code < 600


def _outcome(item: Item, code: int, text: bytes) -> Outcome:
    reply = text.decode("utf-8", "replace")
    if not reply.isprintable():
        reply = _UNPRINTABLE.sub(" ", reply)
    if 200 <= code < 300:
        return Outcome(item.id, State.ACCEPTED, str(code), reply)
    if 500 <= code < 600:
        return Outcome(item.id, State.FAILED, str(code), reply)
    return Outcome(item.id, State.DEFERRED, str(code), reply)


def not_reached(item: Item, error: Exception) -> Outcome:
    """Nothing of the text was handed over: try again freely."""
    return Outcome(item.id, State.DEFERRED, "cut", str(error))
