"""Looking at the addresses of others: each by itself, seldom while it fails, never in a way that costs us more."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import F

from base import heartbeat, http
from notices.models import Item, Source

from . import feeds
from .feeds import Entry, Unread
from .judging import is_cap, judged
from .keeping import Flood, forget, identity_of, keep, mark
from .words import Form, Trouble

logger = logging.getLogger(__name__)
ROOM = 512 * 1024  # octets of one document
BODY_S = 10.0
SWEEP_S, LOOK_S = 60.0, 40.0
NEWEST = 30  # messages of an index that are fetched in one look
LONGEST = timedelta(hours=6)
FORGET_S = 24 * 3600.0
ACCEPT = "application/cap+xml, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"


def sweep(*, now: datetime) -> int:
    """Looks at what is due, the longest waiting first; what goes wrong with one keeps no other from its turn."""
    until, looked = time.monotonic() + SWEEP_S, 0
    for source in Source.objects.filter(due_at__lte=now, paused_at=None).order_by("due_at").select_related("office"):
        if time.monotonic() >= until:
            break
        # Taken before it is called: of two workers one calls, and who dies over it does not call at once again.
        claimed = Source.objects.filter(pk=source.pk, due_at=source.due_at, paused_at=None)
        if claimed.update(due_at=now + _interval(source.failures + 1), looked_at=now):
            look(source, now=now)
            looked += 1
    if heartbeat.take("incoming:forget", FORGET_S):
        forget(now=now)
    return looked


def _interval(failures: int) -> timedelta:
    usual = timedelta(minutes=max(settings.FAIRWAY_SOURCE_MINUTES, 1))
    return usual if failures == 0 else min(usual * 2 ** min(failures - 1, 12), max(LONGEST, usual))


def look(source: Source, *, now: datetime) -> None:
    """One look; whatever comes of it stands at the source afterwards."""
    looking = _Look(source, now, time.monotonic() + LOOK_S)
    try:
        looking.take()
    except Unread as unread:
        _fell_short(source, unread.trouble, unread.detail, now)
    except Flood:
        _fell_short(source, Trouble.FLOOD, "", now)
    except Exception:
        logger.exception("source %s was passed over", source.uid)
        _fell_short(source, Trouble.OURS, "", now)
    else:
        _came(source, looking, now)


def _fell_short(source: Source, trouble: Trouble, detail: str, now: datetime) -> None:
    since = source.trouble_since if source.trouble == trouble else now
    Source.objects.filter(pk=source.pk).update(
        failures=F("failures") + 1, trouble=trouble, detail=detail[:300], trouble_since=since, etag="", modified="",
        due_at=now + _interval(source.failures + 1),
    )  # fmt: skip


def _came(source: Source, looking: _Look, now: datetime) -> None:
    trouble, detail = looking.remark
    Source.objects.filter(pk=source.pk).update(
        failures=0, read_at=now, trouble=trouble, detail=detail[:300], due_at=now + _interval(0),
        trouble_since=(source.trouble_since if source.trouble == trouble else now) if trouble else None,
        # What is not whole is asked for again, also if nothing there has changed.
        etag="" if trouble == Trouble.LINKED else looking.etag,
        modified="" if trouble == Trouble.LINKED else looking.modified,
    )  # fmt: skip


@dataclass
class _Look:
    source: Source
    now: datetime
    until: float
    etag: str = ""
    modified: str = ""
    remark: tuple[str, str] = ("", "")
    missed: list[str] = field(default_factory=list)

    def take(self) -> None:
        """Raises `Unread` or `Flood`."""
        source = self.source
        known = {"If-None-Match": source.etag, "If-Modified-Since": source.modified}
        answer = get(source.url, until=self.until, headers={name: value for name, value in known.items() if value})
        if answer is None:
            self.etag, self.modified, self.remark = source.etag, source.modified, (source.trouble, source.detail)
            return
        self.etag = _header(answer, "etag", 200)
        self.modified = _header(answer, "last-modified", 100)
        if source.form == Form.CAP:
            if not is_cap(answer.body):
                feeds.entries(answer.body, source.url)  # says what it is, if it is no XML
                raise Unread(Trouble.OTHER_FORM)
            self._message(answer.body, source.url)
            return
        read = feeds.json_entries if source.form == Form.JSON else feeds.entries
        found = read(answer.body, source.url)
        if feeds.has_same_ids(found):
            self.remark = (Trouble.SAME_IDS, "")
        if source.form == Form.INDEX:
            self._index(found)
        else:
            self._entries(found)

    def _entries(self, found: list[Entry]) -> None:
        for entry in sorted(found, key=self._age):
            keep(
                entry.found, office=self.source.office, source=self.source, name=self.source.name, now=self.now,
                identity=identity_of(self.source, entry.found),
            )  # fmt: skip

    def _age(self, entry: Entry) -> datetime:
        """The oldest first, so that what refers to another finds it."""
        return entry.found.sent_at or self.now

    def _index(self, found: list[Entry]) -> None:
        newest = sorted(found, key=self._age)[-NEWEST:]
        marks = {mark(one.message, str(one.found.sent_at), one.found.title): one for one in newest if one.message}
        known = set(Item.objects.filter(office=self.source.office, entry__in=marks).values_list("entry", flat=True))
        for entry in [one for one in marks if one not in known]:
            self._linked(marks[entry], entry)
        if self.missed:
            self.remark = (Trouble.LINKED, " ".join([f"{len(self.missed)}:", *self.missed[:2]]))
        if self.missed and len(self.missed) == len(marks):
            raise Unread(Trouble.LINKED, self.remark[1])  # nothing to be had: it can wait

    def _linked(self, entry: Entry, marked: str) -> None:
        try:
            answer = get(entry.message, until=self.until)
        except Unread:
            self.missed.append(entry.message)
            return
        if answer is not None and is_cap(answer.body):
            self._message(answer.body, entry.message, marked)
        else:
            self.missed.append(entry.message)

    def _message(self, document: bytes, address: str, entry: str = "") -> None:
        """One CAP message; a broken one stands in the inbox under its address, with what is wrong."""
        found, faults = judged(document, address)
        keep(
            found, office=self.source.office, source=self.source, name=self.source.name, now=self.now,
            identity=identity_of(self.source, found), document=document, usable=not faults, entry=entry,
        )  # fmt: skip


def get(url: str, *, until: float, headers: dict[str, str] | None = None) -> http.Answer | None:
    """The whole document, or None where it is as it was; raises `Unread`."""
    try:
        asked = {"Accept": ACCEPT, **(headers or {})}
        answer = http.call(http.check(url), method="GET", headers=asked, until=until, room=ROOM, body_s=BODY_S)
    except http.Forbidden as refused:
        raise Unread(Trouble.ADDRESS, str(refused)) from refused
    except (http.NotReached, http.Cut) as error:
        raise Unread(Trouble.UNREACHED) from error
    if answer.status == 304 and headers:
        return None
    if 300 <= answer.status < 400:
        raise Unread(Trouble.MOVED, _moved_to(url, answer))
    if answer.status != 200:
        raise Unread(Trouble.ANSWER, str(answer.status))
    if not answer.whole:
        raise Unread(Trouble.LONG)
    return answer


def _moved_to(url: str, answer: http.Answer) -> str:
    try:
        return urljoin(url, _header(answer, "location", 300))
    except ValueError:
        return ""


def _header(answer: http.Answer, name: str, most: int) -> str:
    """Empty for a longer one: half an entity tag is another."""
    value = next((value for key, value in answer.headers.items() if key.lower() == name), "")
    return value if len(value) <= most and value.isprintable() else ""
