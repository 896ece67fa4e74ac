"""The door for whoever has no relay of their own: a mailbox that is looked into (RFC 3501).

Each mail is marked – moved, if `FAIRWAY_IMAP_DONE` names a folder, else flagged as seen – only after its row is
committed. A crash between the two lets it be read again, and the digest makes it one.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import DataError, Error
from django.utils import timezone

from delivery import inbound, intake
from delivery.intake import Taken

from . import hand_in

log = logging.getLogger(__name__)

TIMEOUT_S = 30
LOOKS_EACH_S = 60
AFTER_FAULT_S = (60, 120, 300, 900)
AT_ONCE = 200
TRIED = 1_000  # mails of one poll, also of those that cannot be taken
ASKED = 50_000  # mails of one search: a longer answer does not fit into a line
# Where servers write for whom a mail came, the surest first.
_FOR_WHOM = ("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
AWAY = (OSError, imaplib.IMAP4.abort, Error)  # the mailbox or the database: no mail is to blame
BROKEN = (OSError, imaplib.IMAP4.error, Error)


class Refused(Exception):
    """The server said no to a command."""


def connect() -> imaplib.IMAP4:
    """Signed in at `FAIRWAY_IMAP_URL`, the folder selected."""
    url = urlsplit(settings.FAIRWAY_IMAP_URL)
    host = url.hostname or "localhost"
    if url.scheme == "imaps":
        link: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, url.port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_S
        )
    else:
        link = imaplib.IMAP4(host, url.port or 143, timeout=TIMEOUT_S)
    link.login(unquote(url.username or ""), unquote(url.password or ""))
    # What a server can do, such as MOVE, it often tells only who has signed in.
    link.capabilities = tuple(_ask(link.capability)[-1].decode("ascii", "replace").upper().split())
    _ask(link.select, _quoted(unquote(url.path.strip("/")) or "INBOX"))
    return link


def poll(vain: Counter[str] | None = None) -> int:
    """Takes every new mail once; returns how many it took. Raises one of `BROKEN`, or `Refused`.

    One that cannot be taken stays, and holds up none behind it: `vain` counts how often each was tried, and what was
    tried least often comes first.
    """
    link, taken = connect(), 0
    vain = Counter() if vain is None else vain
    try:
        found = _unseen(link)
        for gone in vain.keys() - set(found):
            del vain[gone]
        for uid in sorted(found, key=vain.__getitem__)[:TRIED]:
            if taken == AT_ONCE:
                break
            try:
                _take(link, uid)
                taken += 1
            except Exception as error:
                vain[uid] += 1
                if isinstance(error, AWAY) and not isinstance(error, DataError):
                    raise
                log.error("mail %s of the mailbox not taken: %s: %s", uid, type(error).__name__, error)
        return taken
    finally:
        with suppress(*BROKEN):
            link.logout()


def watch(*, stopped: Callable[[float], bool]) -> None:
    """Polls each minute until `stopped(seconds)`, which waits so long, says so; after faults less often."""
    faults, vain = 0, Counter[str]()
    while True:
        try:
            more, faults = poll(vain) >= AT_ONCE, 0
        except (*BROKEN, Refused) as error:
            more = False
            log.error("mailbox not read: %s: %s", type(error).__name__, error)
            faults += 1
        wait = AFTER_FAULT_S[min(faults, len(AFTER_FAULT_S)) - 1] if faults else LOOKS_EACH_S
        if stopped(0 if more else wait):
            return


# --- One mail -----------------------------------------------------------------------------------------------------


def _unseen(link: imaplib.IMAP4) -> list[str]:
    """Uids of the new mails, the oldest first."""
    many = int(link.response("EXISTS")[1][-1] or 0)
    found: dict[str, None] = {}
    for first in range(1, many + 1, ASKED):
        last = first + ASKED - 1
        some = _ask(link.uid, "SEARCH", f"{first}:{last if last < many else '*'}", "UNSEEN")[0] or b""
        found.update(dict.fromkeys(some.decode("ascii").split()))
    return list(found)


def _take(link: imaplib.IMAP4, uid: str) -> None:
    size = _SIZE.search(_joined(_ask(link.uid, "FETCH", uid, "(RFC822.SIZE)")))
    if size and int(size[1]) > intake.MOST:
        intake.turn_away(Taken.TOO_BIG, door="imap", now=timezone.now())
    else:
        parts = _ask(link.uid, "FETCH", uid, "(BODY.PEEK[])")
        raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if raw is None:
            return  # gone meanwhile: somebody else reads this mailbox too
        mail = BytesHeaderParser(policy=compat32).parsebytes(raw[: inbound.READ])
        sender = " ".join(str(mail["Return-Path"] or "").split())
        hand_in(raw, to=_for_whom(mail), sender=sender, door="imap")
    _mark(link, uid)


def _for_whom(mail: Message) -> str:
    """The first address of ours that the mail names, a signed one before all; "" if there is none."""
    named = list(_named(mail))
    targets = [(address, intake.target_of(address)) for address in named]
    ours = [(address, target) for address, target in targets if isinstance(target, intake.Target)]
    signed = [address for address, target in ours if target.purpose in intake.SIGNED]
    forged = [address for address, target in targets if target == Taken.FORGED]
    return next(iter([*signed, *forged, *(address for address, _target in ours)]), "")


def _named(mail: Message) -> Iterator[str]:
    for name in _FOR_WHOM:
        for value in mail.get_all(name, []):
            with suppress(ValueError, RecursionError):  # brackets in brackets: it names nobody
                yield from [address for _name, address in getaddresses([str(value)[:2_000]]) if address]


def _mark(link: imaplib.IMAP4, uid: str) -> None:
    folder = settings.FAIRWAY_IMAP_DONE
    if not folder:
        _ask(link.uid, "STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    elif "MOVE" in link.capabilities:
        _ask(link.uid, "MOVE", uid, _quoted(folder))
    else:
        _ask(link.uid, "COPY", uid, _quoted(folder))
        _ask(link.uid, "STORE", uid, "+FLAGS.SILENT", r"(\Seen \Deleted)")
        # A plain EXPUNGE would also take away what others who read this mailbox have flagged.
        if "UIDPLUS" in link.capabilities:
            _ask(link.uid, "EXPUNGE", uid)


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ask(command: Callable[..., tuple[str, list[Any]]], *arguments: str) -> list[Any]:
    said, data = command(*arguments)
    if said != "OK":
        raise Refused(f"{arguments[0] if arguments else command.__name__}: {said}")
    return data


def _joined(data: list[Any]) -> bytes:
    return b" ".join(part if isinstance(part, bytes) else b" ".join(part) for part in data if part)
