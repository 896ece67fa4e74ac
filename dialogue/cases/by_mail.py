"""Questions by mail: fetched from the post office, each once; who sends one confirms it by the link, as on the form.

A sender's name proves nothing. Only who answers a mail of ours – whose signed Message-ID nobody else knows – and
writes from the address that it went to, asks again within the same question.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr

import lxml.html
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from lxml.etree import LxmlError

from base import text
from contacts.letters import language_of
from delivery import intake as post_office
from delivery import seals
from delivery.addresses import BadAddress, key_of
from delivery.models import Delivery, Inbound

from . import answers, intake
from .models import Case

log = logging.getLogger(__name__)

AT_ONCE = 50
SUBJECT, NAME = 160, 200
READ = 200_000  # octets of one text part
_CITED = re.compile(
    r"^(-{2,} ?(Original Message|Message d.origine|Mensaje original|Ursprüngliche Nachricht) ?-{2,}|_{20,}"
    r"|(On|Le|El|Am) .{5,200}(wrote|a écrit|escribió|schrieb)\s?:)\s*$",
    re.I,
)
_SEALED = re.compile(r"<([0-9a-f]{1,16}-[0-9a-f]{20})@")


@dataclass(frozen=True)
class Letter:
    """What a person's mail says. `answers`: deliveries of ours that it is an answer to, by their signed ids."""

    email: str
    name: str
    subject: str
    words: str
    files: tuple[str, ...]
    answers: tuple[int, ...]


def fetch(*, now: datetime) -> int:
    """Makes questions of the mails that wait; returns how many. One that cannot be read stops none after it."""
    done = 0
    for pk in post_office.people_wrote():
        try:
            with transaction.atomic():
                row = Inbound.objects.select_for_update(skip_locked=True).filter(pk=pk, fetched_at=None).first()
                if row is not None and row.raw is not None:
                    done += _take(row, read(bytes(row.raw)), now)
        except (intake.TooMany, answers.TooOften):
            continue  # later: the mail is kept
        if done >= AT_ONCE:
            break
    return done


def _take(row: Inbound, letter: Letter, now: datetime) -> bool:
    try:
        case = _answered_case(letter)
        if case is not None:
            answers.ask_again(case, text=letter.words, now=now)
        else:
            network = f"mail:{letter.email.rpartition('@')[2]}"
            intake.ask(question=_question(letter), ip_prefix=network, now=now, door="mail")
    except BadAddress:
        log.warning("inbound %s names no sender who could be answered", row.pk)
        post_office.handed_over(row, keep=True, now=now)
        return False
    post_office.handed_over(row, keep=False, now=now)
    return True


def _answered_case(letter: Letter) -> Case | None:
    """The verified question of the very address that writes now, if one of our mails about it is answered."""
    key = key_of(letter.email)
    for delivery in Delivery.objects.filter(pk__in=letter.answers, address__key=key).select_related("publication"):
        kind, _colon, rest = delivery.publication.key.partition(":")
        if kind == "case":
            asked = Case.objects.filter(uid=rest.partition(":")[0], address=delivery.address_id)
            return asked.filter(verified_at__isnull=False).first()
    return None


def _question(letter: Letter) -> intake.Question:
    language = language_of(key_of(letter.email))
    with translation.override(language):
        subject = letter.subject or _("Question by e-mail")
        words = [letter.words or subject]
        if letter.files:
            names = ", ".join(letter.files)
            words.append(_("(Files that came with the mail were not taken: %(names)s)") % {"names": names})
    return intake.Question(
        email=letter.email,
        name=letter.name,
        subject=subject,
        message="\n\n".join(words)[: intake.MESSAGE_LIMIT],
        about=letter.subject,
        language=language,
    )


# --- Reading ------------------------------------------------------------------------------------------------------


def read(raw: bytes) -> Letter:
    """The mail as people see it; whatever is broken in it is left out."""
    mail = BytesParser(policy=compat32).parsebytes(raw)
    shown, email = parseaddr(_line(mail["From"], 400))
    threads = " ".join(str(mail[name] or "")[:2_000] for name in ("In-Reply-To", "References"))
    numbers = (seals.unseal("message", seal) for seal in _SEALED.findall(threads.casefold())[:20])
    return Letter(
        email=email,
        name=_line(shown, NAME),
        subject=_line(mail["Subject"], SUBJECT),
        words=_own_words(_body(mail)),
        files=tuple(_file_names(mail)),
        answers=tuple(number for number in numbers if number),
    )


def _line(value: object, limit: int) -> str:
    raw = str(value or "")[:4_000]
    with suppress(LookupError, ValueError):  # an unknown charset: as it came
        raw = str(make_header(decode_header(raw)))
    return text.one_line(raw)[:limit]


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    octets = content[:READ] if isinstance(content, bytes) else b""
    try:
        return octets.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


def _body(mail: Message) -> str:
    parts = {part.get_content_type(): part for part in reversed(list(mail.walk())) if part.get_filename() is None}
    if plain := parts.get("text/plain"):
        return _decoded(plain)
    rich = parts.get("text/html")
    if rich is None:
        return ""
    try:
        return str(lxml.html.fromstring(_decoded(rich).encode(), parser=_HTML).text_content())
    except (LxmlError, ValueError):
        return ""


_HTML = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)


def _own_words(body: str) -> str:
    """Without what is cited; all of it, if nothing else was written."""
    lines = text.prose(body).split("\n")
    end = next((at for at, line in enumerate(lines) if at and _CITED.match(line)), len(lines))
    own = "\n".join(line for line in lines[:end] if not line.startswith(">")).strip()
    return own or "\n".join(lines).strip()


def _file_names(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        if name := part.get_filename():
            yield _line(name, 80)
