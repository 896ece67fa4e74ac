"""Digests: what opened, changed or ended since a reader's last one, each notice once, as it is now."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import clock
from base.text import labelled, one_line
from base.words import SEVERITY_RANK, STATUS_RANK, CapStatus, MsgType, PlaceStatus, Severity
from contacts import digests
from contacts.audience import Facets
from contacts.digests import News, Reader, Why
from delivery import standing
from delivery.models import Publication
from delivery.sealed import GREETING, LEAVE_URL, Sealed, unmarked
from delivery.states import State as Sending

from . import render, timeline, wording
from .models import Listed, Version
from .news import ended

log = logging.getLogger(__name__)

AT_A_TIME = 5_000  # readers
WORK_S = 20.0  # then the next beat goes on
IN_FULL = 15  # notices; further ones with their headline alone, so that it can be read on a phone
Action = Version.Action


@dataclass(frozen=True, eq=False)
class Item:
    """A notice that is news to some: its newest version, and how the address book sees it."""

    version: Version
    first_at: datetime
    over: bool
    news: tuple[News, ...]

    @property
    def ended(self) -> bool:
        """By itself or by word."""
        return self.over or self.version.action == Action.ALL_CLEAR or self.version.msg_type == MsgType.CANCEL


@dataclass(frozen=True)
class Line:
    """A notice as a digest tells it."""

    label: str
    title: str
    truth_line: str
    times: str
    reference: str
    url: str
    why: str = ""

    @property
    def headline(self) -> str:
        return f"{self.title.rstrip('.')}. {self.truth_line}"


def sweep(*, now: datetime) -> int:
    """Sends everybody who is due what is new to them; returns how many publications. Safe to run twice at once.

    While no mail can leave nobody's turn comes: afterwards one digest tells it all.
    """
    if standing.is_shut():
        return 0
    until, opened = time.monotonic() + WORK_S, 0
    while time.monotonic() < until:
        readers = digests.due(now=now, at_most=AT_A_TIME)
        if not readers:
            break
        opened += _send(readers, now=now)
    return opened


def _send(readers: Sequence[Reader], *, now: datetime) -> int:
    items = recent(since=min(reader.since for reader in readers), now=now)
    news = [(item, one) for item in items for one in item.news]
    digests.tell(readers, [one for _item, one in news])
    digests.move_on([reader for reader in readers if not reader.heard], now=now)
    press, opened = Press([item for item, _one in news], now), 0
    for alike in digests.alike(reader for reader in readers if reader.heard).values():
        try:
            opened += press.send(alike)
        except Exception:
            log.exception("A digest for %s readers was not made", len(alike))
            digests.put_off(alike, now=now)
    return opened


# --- What happened ------------------------------------------------------------------------------------------------


def recent(*, since: datetime, now: datetime) -> list[Item]:
    """Every notice that became something else since; exercises, and what was stopped or is paused, left out."""
    issued = Q(issued_at__gt=since - digests.OVERLAP)
    found = Version.objects.filter(issued | ended(since, now), state=Version.State.ISSUED, issued_at__lte=now)
    versions = list(
        found.filter(status=CapStatus.ACTUAL)
        .exclude(publication_id=None)
        .select_related("notice__office")
        .prefetch_related("texts", "rows__place")
    )
    sendings = Publication.objects.filter(held_at=None).exclude(stop_state=Sending.STOPPED)
    by_pk = sendings.in_bulk([version.publication_id for version in versions])
    past = _Past(versions)
    return [
        _item(version, Facets.from_json(by_pk[version.publication_id].audience), past, now)
        for version in versions
        if version.publication_id in by_pk
    ]


class _Past:
    """What was told of these notices before, by whatever publication."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.first_at: dict[int, datetime] = {}
        self.sent: dict[int, list[tuple[int, int]]] = defaultdict(list)  # notice → (number, publication)
        self.listed: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)  # and whether it told the end
        notices = [version.notice_id for version in versions]
        public = Version.objects.public().filter(notice__in=notices).order_by("number")
        for notice, number, publication, at in public.values_list("notice", "number", "publication_id", "issued_at"):
            self.first_at.setdefault(notice, at or datetime.max.replace(tzinfo=UTC))
            if publication:
                self.sent[notice].append((number, publication))
        told = Listed.objects.filter(version__notice__in=notices)
        for notice, number, publication, over in told.values_list(
            "version__notice", "version__number", "publication_id", "over"
        ):
            self.listed[notice].append((number, publication, over))

    def earlier(self, version: Version) -> tuple[int, ...]:
        found = [*self.sent[version.notice_id], *((n, p) for n, p, _over in self.listed[version.notice_id])]
        return tuple(publication for number, publication in found if number < version.number)

    def told_by(self, version: Version) -> tuple[int, ...]:
        listed = [p for number, p, _over in self.listed[version.notice_id] if number == version.number]
        return (version.publication_id or 0, *listed)

    def end_told_by(self, version: Version) -> tuple[int, ...]:
        return tuple(p for n, p, over in self.listed[version.notice_id] if over and n == version.number)


def _item(version: Version, facets: Facets, past: _Past, now: datetime) -> Item:
    said = version.msg_type == MsgType.CANCEL or version.action == Action.ALL_CLEAR
    over = not said and version.ends_at is not None and version.ends_at <= now
    issued = News(facets, version.issued_at or now, past.earlier(version), past.told_by(version))
    news = [issued]
    if over and version.ends_at:
        news.append(replace(issued, at=version.ends_at, told_by=past.end_told_by(version), by_time=True))
    return Item(version, past.first_at[version.notice_id], over, tuple(news))


# --- How it reads -------------------------------------------------------------------------------------------------


class Press:
    """Makes digests of these items, each line of each language once."""

    def __init__(self, items: Sequence[Item], now: datetime) -> None:
        self.items, self.now = items, now
        self.line, self.reason = cache(self._line), cache(digests.reason)

    def send(self, readers: Sequence[Reader]) -> bool:
        """One publication for readers to whom the same is new."""
        reader = readers[0]
        lines = dict(self._lines(reader))
        message = seal(list(lines.values()), reader.language, now=self.now)
        with transaction.atomic():
            publication = digests.open_for(readers, message=message, now=self.now)
            if publication is None:
                return False
            Listed.objects.bulk_create(
                Listed(publication=publication, version=item.version, over=item.over) for item in lines
            )
        return True

    def _lines(self, reader: Reader) -> Iterator[tuple[Item, Line]]:
        """What is closed first and what is over last. A faulty version keeps no other from its line."""
        for item, why in sorted(self._told(reader).items(), key=lambda told: _weight(told[0], self.now)):
            try:
                line = self.line(item, self._label(item, why, reader), reader.language)
                yield item, replace(line, why=self.reason(why, reader.language))
            except Exception:
                log.exception("Version %s is missing in a digest", item.version.uid)

    def _told(self, reader: Reader) -> dict[Item, Why]:
        """Each notice once, with every reason."""
        found: dict[Item, Why] = {}
        for position, why in reader.heard.items():
            item = self.items[position]
            found[item] = found.get(item, Why()) | why
        return found

    def _label(self, item: Item, why: Why, reader: Reader) -> str:
        if item.over:
            return "over"
        fresh = item.first_at > reader.since - digests.OVERLAP and not why.had_earlier and not item.ended
        return "new" if fresh else str(item.version.action)

    def _line(self, item: Item, label: str, language: str) -> Line:
        version = item.version
        said = wording.wording(version, language)
        with translation.override(language):
            names = {"over": _("Over"), "new": _("New notice")}
            return Line(
                label=names.get(label) or str(Action(label).label),
                title=unmarked(version.text_in(language).title),
                truth_line=unmarked(said.truth_line),
                times=timeline.time_line(version, language, render.zone_of(version), at=self.now),
                reference=version.notice.reference or "",
                url=render.permanent_url(version),
            )


def _weight(item: Item, now: datetime) -> tuple[Any, ...]:
    version = item.version
    worst = min((STATUS_RANK[PlaceStatus(row.status)] for row in version.rows.all()), default=0)
    planned = version.starts_at is not None and version.starts_at > now
    issued_at = version.issued_at or now
    return item.ended, planned, worst, SEVERITY_RANK[Severity(version.severity)], -issued_at.timestamp()


def seal(lines: Sequence[Line], language: str, *, now: datetime) -> Sealed:
    with translation.override(language):
        said = ngettext("Digest of %(n)s notice", "Digest of %(n)s notices", len(lines)) % {"n": len(lines)}
        facts = {
            "language": language,
            "heading": said,
            "subject": labelled(said, lines[0].headline),
            "counts": _counts(lines),
            "lines": lines[:IN_FULL],
            "more": lines[IN_FULL:],
            "as_of": clock.shown(now.astimezone(UTC), "UTC", language).local,
            "site_url": f"{settings.FAIRWAY_SITE_URL}/{language}/",
            "service_name": settings.FAIRWAY_SERVICE_NAME,
            "greeting": GREETING,
            "leave_url": LEAVE_URL,
        }
        return Sealed(
            language=language,
            subject=one_line(render_to_string("messages/digest/summary.subject.txt", facts)),
            text=render_to_string("messages/digest/summary.txt", facts),
            html=render_to_string("messages/digest/summary.html", facts),
        )


def _counts(lines: Iterable[Line]) -> str:
    """"New: 2, Update: 1", in the order in which they come."""
    counted: dict[str, int] = defaultdict(int)
    for line in lines:
        counted[line.label] += 1
    return ", ".join(labelled(label, number) for label, number in counted.items())
