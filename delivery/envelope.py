"""A message as bytes: built once, cut at its marks, joined per person (RFC 5322, 2045, 8058, 2919, 3834)."""

from __future__ import annotations

import html
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from django.conf import settings

from base.words import Lane

from . import seals
from .models import Message
from .sealed import GREETING, LEAVE_URL, WHY

_MARKS = re.compile(f"({'|'.join(map(re.escape, (GREETING, WHY, LEAVE_URL)))})")
_BREAKS = re.compile(r"[\r\n\x00-\x08\x0b-\x1f\x7f]+")
_RICH = re.compile("[<>&\"']")
_UNFIT = re.compile(rb"[^!-;=?-~]")  # in an address: no sign that would end it, or begin a command of its own
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


# Where a personal part goes in the pieces of a letter: which one, in which form.
TO, MESSAGE_ID, LEAVE_HEADER, LEAVE, GREETED, GREETED_HTML, REASON, REASON_HTML = range(8)
_SLOTS = {
    "plain": {GREETING: GREETED, WHY: REASON, LEAVE_URL: LEAVE},
    "html": {GREETING: GREETED_HTML, WHY: REASON_HTML, LEAVE_URL: LEAVE},
}


def _crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _quoted(content: bytes) -> bytes:
    encoded = quopri.encodestring(_crlf(content)).replace(b"\r\n", b"\n")
    return encoded.replace(b"\n", b"\r\n")


def _needs_stuffing(personal: str) -> bool:
    """A part that may begin a line with a dot, or let what follows it do so, or that has lines of its own."""
    return personal[:1] in ("", ".") or "\n" in personal or "\r" in personal


@dataclass(frozen=True)
class Form:
    """A letter in one transfer encoding: a template of bytes, and which personal part goes where in it.

    In quoted-printable each personal part has lines of its own, so that no soft line break can ever cut it.
    `stuffed` is the template with its lines dot-stuffed and the final dot (RFC 5321, 4.5.2).
    """

    template: bytes
    stuffed: bytes
    slots: tuple[int, ...]
    raw: bool


@dataclass(frozen=True)
class Letter:
    """Everything of one message that is the same for everybody, in the two forms a server may want."""

    eight_bit: Form
    quoted: Form
    names: Names

    def commands(self, delivery_id: int, to: bytes, *, eight_bit: bool) -> bytes:
        """The envelope of one person: what is said before the mail; raises `ValueError` for an unfit address."""
        if _UNFIT.search(to):
            raise ValueError("no address of a mailbox")
        body = b" BODY=8BITMIME" if eight_bit else b""
        sender = self.names.return_path(delivery_id).encode("ascii")
        return b"MAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (sender, body, to)

    def data(
        self, *, delivery_id: int, address_id: int, to: bytes, greeting: str, why: str = "", eight_bit: bool
    ) -> bytes:
        """The mail as it follows on DATA: dot-stuffed, ended by the final dot."""
        form = self.eight_bit if eight_bit else self.quoted
        personal = self._personal(form, delivery_id, address_id, to, greeting, why)
        if not _needs_stuffing(greeting) and not (REASON in form.slots and _needs_stuffing(why)):
            return form.stuffed % personal
        return (form.template % personal).replace(b"\r\n.", b"\r\n..") + b".\r\n"

    def to(
        self, *, delivery_id: int, address_id: int, to: bytes, greeting: str, why: str = "", eight_bit: bool
    ) -> bytes:
        """The whole mail for one person, CRLF line ends, not dot-stuffed."""
        form = self.eight_bit if eight_bit else self.quoted
        return form.template % self._personal(form, delivery_id, address_id, to, greeting, why)

    def _personal(
        self, form: Form, delivery_id: int, address_id: int, to: bytes, greeting: str, why: str
    ) -> tuple[bytes, ...]:
        leave = self.names.leave_url(address_id).encode("ascii")
        greeted, reason = greeting.encode(), why.encode()
        rich = html.escape(greeting).encode() if _RICH.search(greeting) else greeted
        rich_reason = html.escape(why, quote=False).encode() if _RICH.search(why) else reason
        shown: tuple[bytes, ...] = (leave, greeted, rich, reason, rich_reason)
        if not form.raw:
            quoted = {part: _quoted(part) for part in set(shown)}  # mostly the same in text and HTML
            shown = tuple([quoted[part] for part in shown])
        elif "\r" in greeting or "\n" in greeting or "\r" in why or "\n" in why:
            shown = tuple(map(_crlf, shown))
        parts = (to, self.names.message_id(delivery_id).encode("ascii"), leave, *shown)
        return tuple([parts[slot] for slot in form.slots])


class Names:
    """The signed names that a mail carries for one delivery and one reader; the keys are looked up once."""

    def __init__(self) -> None:
        self._leave, self._message, self._bounce = map(seals.sealer, ("leave", "message", "bounce"))
        self._site, self._domain = settings.FAIRWAY_SITE_URL, settings.FAIRWAY_MAIL_DOMAIN

    def leave_url(self, address_id: int) -> str:
        return f"{self._site}/leave/{self._leave(address_id)}"

    def message_id(self, delivery_id: int) -> str:
        """The same at every attempt, so that a second copy can be known as one (RFC 5322, 3.6.4)."""
        return f"<{self._message(delivery_id)}@{self._domain}>"

    def return_path(self, delivery_id: int) -> str:
        """The signed address that bounces of this delivery come back to."""
        return f"bounce+{self._bounce(delivery_id)}@{self._domain}"


def _form(head: bytes, parts: Sequence[tuple[str, str]], boundary: bytes, bulk: bool, raw: bool) -> Form:
    """`parts`: (subtype of text, its text with marks), in order."""
    pieces: list[bytes | int] = [head, b"To: ", TO, b"\r\nMessage-ID: ", MESSAGE_ID, b"\r\n"]
    if bulk:
        pieces += [b"List-Unsubscribe: <", LEAVE_HEADER, b">\r\n" + _list_headers()]
    pieces.append(b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary)
    encoding = b"8bit" if raw else b"quoted-printable"
    for kind, text in parts:
        pieces.append(
            b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n"
            % (boundary, kind.encode("ascii"), encoding)
        )
        for number, piece in enumerate(_MARKS.split(text)):
            if number and not raw:
                pieces.append(b"=\r\n")
            slot = _SLOTS[kind].get(piece)
            pieces.append((_crlf if raw else _quoted)(piece.encode()) if slot is None else slot)
        pieces.append(b"\r\n")
    pieces.append(b"--%b--\r\n" % boundary)
    template = b"".join(b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in pieces)
    return Form(
        template=template,
        stuffed=template.replace(b"\r\n.", b"\r\n..") + b".\r\n",
        slots=tuple(piece for piece in pieces if isinstance(piece, int)),
        raw=raw,
    )


def leave_url(address_id: int) -> str:
    return Names().leave_url(address_id)


def message_id(delivery_id: int) -> str:
    return Names().message_id(delivery_id)


def return_path(delivery_id: int) -> str:
    return Names().return_path(delivery_id)


def _list_headers() -> bytes:
    site = settings.FAIRWAY_SITE_URL
    return (
        f"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <{settings.FAIRWAY_LIST_DOMAIN}>\r\n"
        f"List-Help: <{site}/en/follow/>\r\nList-Archive: <{site}/>\r\n"
    ).encode("ascii")


def _too_long(text: str) -> bool:
    return any(len(line.encode()) > LONGEST_LINE for line in text.splitlines())


def build(message: Message) -> Letter:
    publication = message.publication
    parts = [("plain", message.text)] + ([("html", message.html)] if message.html else [])
    head = b"".join(
        [
            address_header("From", settings.FAIRWAY_MAIL_FROM),
            header("Subject", message.subject),
            f"Date: {format_datetime(publication.created_at)}\r\n".encode("ascii"),
            b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n",
            *(header(name, value) for name, value in sorted(message.headers.items())),
        ]
    )
    boundary = f"=-fairway-{publication.uid.hex}".encode("ascii")
    bulk = publication.lane != Lane.PERSONAL
    raw, quoted = (_form(head, parts, boundary, bulk, raw) for raw in (True, False))
    return Letter(
        eight_bit=quoted if any(_too_long(text) for _kind, text in parts) else raw,
        quoted=quoted,
        names=Names(),
    )


@lru_cache(maxsize=256)
def letter(message_pk: int) -> Letter:
    """The cut message, kept while the process lives: a message never changes."""
    return build(Message.objects.select_related("publication").get(pk=message_pk))
