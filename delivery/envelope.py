"""A message as bytes: built once, cut at its marks, joined per person (RFC 5322, 2045, 8058, 2919, 3834)."""

from __future__ import annotations

import html
import quopri
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from django.conf import settings

from . import seals
from .models import Message
from .sealed import GREETING, LEAVE_URL

_MARKS = re.compile(f"({re.escape(GREETING)}|{re.escape(LEAVE_URL)})")
_BREAKS = re.compile(r"[\r\n\x00-\x08\x0b-\x1f\x7f]+")
LONGEST_LINE = 990  # RFC 5322 allows 998 octets


def header(name: str, value: str) -> bytes:
    """One folded header line; line breaks in `value` are gone, non-ASCII is encoded by RFC 2047."""
    one_line = _BREAKS.sub(" ", value).strip()
    charset = "us-ascii" if one_line.isascii() else "utf-8"
    folded = Header(one_line, charset, header_name=name, maxlinelen=76).encode(linesep="\r\n")
    return f"{name}: {folded}\r\n".encode("ascii")


def address_header(name: str, value: str) -> bytes:
    shown, address = parseaddr(_BREAKS.sub(" ", value))
    if not shown:
        return f"{name}: {address}\r\n".encode("ascii")
    if shown.isascii():
        quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}: "{quoted}" <{address}>\r\n'.encode("ascii")
    return header(name, shown)[:-2] + f"\r\n <{address}>\r\n".encode("ascii")


@dataclass(frozen=True)
class Part:
    """A body part cut at its marks: even places are fixed text, odd ones marks."""

    kind: str
    pieces: tuple[str, ...]

    def eight_bit(self, personal: dict[str, str]) -> bytes:
        joined = "".join(personal.get(piece, piece) for piece in self.pieces)
        return _crlf(joined.encode())

    def quoted(self, personal: dict[str, str]) -> bytes:
        """Each piece on lines of its own, so that no soft line break can ever cut a mark."""
        encoded = [
            quopri.encodestring(_crlf(personal.get(piece, piece).encode())).replace(b"\r\n", b"\n")
            for piece in self.pieces
        ]
        return b"=\r\n".join(piece.replace(b"\n", b"\r\n") for piece in encoded)


def _crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


@dataclass(frozen=True)
class Letter:
    """Everything of one message that is the same for everybody."""

    head: bytes
    boundary: str
    parts: tuple[Part, ...]
    publication_id: int
    bulk: bool
    long_lines: bool

    def to(self, *, delivery_id: int, address_id: int, to: str, greeting: str, eight_bit: bool) -> bytes:
        """The whole mail for one person, CRLF line ends, not yet dot-stuffed."""
        leave = leave_url(address_id)
        plain = {GREETING: greeting, LEAVE_URL: leave}
        rich = {GREETING: html.escape(greeting), LEAVE_URL: html.escape(leave)}
        raw = eight_bit and not self.long_lines
        chunks = [
            self.head,
            f"To: {to}\r\nMessage-ID: {message_id(delivery_id)}\r\n".encode("ascii"),
            _leave_headers(leave) if self.bulk else b"",
            b"MIME-Version: 1.0\r\n",
            f'Content-Type: multipart/alternative; boundary="{self.boundary}"\r\n\r\n'.encode("ascii"),
        ]
        for part in self.parts:
            personal = rich if part.kind == "html" else plain
            chunks += [
                f"--{self.boundary}\r\nContent-Type: text/{part.kind}; charset=utf-8\r\n".encode("ascii"),
                b"Content-Transfer-Encoding: " + (b"8bit" if raw else b"quoted-printable") + b"\r\n\r\n",
                part.eight_bit(personal) if raw else part.quoted(personal),
                b"\r\n",
            ]
        chunks.append(f"--{self.boundary}--\r\n".encode("ascii"))
        return b"".join(chunks)


def leave_url(address_id: int) -> str:
    return f"{settings.FAIRWAY_SITE_URL}/leave/{seals.seal('leave', address_id)}"


def message_id(delivery_id: int) -> str:
    """The same at every attempt, so that a second copy can be known as one (RFC 5322, 3.6.4)."""
    return f"<{seals.seal('message', delivery_id)}@{settings.FAIRWAY_MAIL_DOMAIN}>"


def return_path(delivery_id: int) -> str:
    """The signed address that bounces of this delivery come back to."""
    return f"bounce+{seals.seal('bounce', delivery_id)}@{settings.FAIRWAY_MAIL_DOMAIN}"


def _leave_headers(leave: str) -> bytes:
    site = settings.FAIRWAY_SITE_URL
    return (
        f"List-Unsubscribe: <{leave}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        f"List-Id: <{settings.FAIRWAY_LIST_DOMAIN}>\r\nList-Help: <{site}/en/follow/>\r\n"
        f"List-Archive: <{site}/>\r\n"
    ).encode("ascii")


def _too_long(text: str) -> bool:
    return any(len(line.encode()) > LONGEST_LINE for line in text.splitlines())


def build(message: Message) -> Letter:
    publication = message.publication
    parts = [Part("plain", tuple(_MARKS.split(message.text)))]
    if message.html:
        parts.append(Part("html", tuple(_MARKS.split(message.html))))
    head = [
        address_header("From", settings.FAIRWAY_MAIL_FROM),
        header("Subject", message.subject),
        f"Date: {format_datetime(publication.created_at)}\r\n".encode("ascii"),
        b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n",
        *(header(name, value) for name, value in sorted(message.headers.items())),
    ]
    return Letter(
        head=b"".join(head),
        boundary=f"=-fairway-{publication.uid.hex}",
        parts=tuple(parts),
        publication_id=publication.pk,
        bulk=publication.lane not in ("personal",),
        long_lines=_too_long(message.text) or _too_long(message.html),
    )


@lru_cache(maxsize=256)
def letter(message_pk: int) -> Letter:
    """The cut message, kept while the process lives: a message never changes."""
    return build(Message.objects.select_related("publication").get(pk=message_pk))
