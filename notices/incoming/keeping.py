"""The inbox of an office: each message once, changed in place until somebody has used it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from base import audit
from base.access import Can, demand
from base.errors import Conflict
from base.words import MsgType
from contacts.models import Organisation, User
from notices.models import Item, Source

from .found import Found
from .judging import judged
from .words import State

MOST_WAITING = 200  # of one source: whoever sends more than anybody reads is not read further
STALE = timedelta(days=14)
KEPT = timedelta(days=365)  # what became of nothing; what became a notice stays with it
UNUSED = (State.WAITING, State.UNREADABLE, State.ASIDE)


class Flood(Exception):
    """So many items of a source wait that no more are taken."""


def mark(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def identity_of(source: Source, found: Found) -> str:
    """A CAP message is the same by whichever way it comes; an entry is only known within its own feed."""
    return found.identity if found.identity.startswith("cap,") else f"{source.url}\n{found.identity}"


@transaction.atomic
def keep(
    found: Found,
    *,
    office: Organisation,
    name: str,
    now: datetime,
    identity: str,
    source: Source | None = None,
    by: User | None = None,
    document: bytes = b"",
    usable: bool = True,
    entry: str = "",
) -> tuple[Item, bool]:
    """The item of this message, and whether it is new. `source` or `by`: which way it came.

    Raises `Flood`. `entry`: the mark of the entry of an index that led here.
    """
    held = _held(office, identity)
    if held and held.content != found.content and held.source != source:
        # Sender and identifier are only what a message says of itself: nobody changes what another source brought.
        identity = f"{source.url if source else 'file'}\n{identity}"
        held = _held(office, identity)
    before = [held] if held and held.content != found.content and held.state not in UNUSED else []
    if before:  # what an entry says after it was used is news of its own
        identity = f"{identity}\n{found.content}"
        held = _held(office, identity)
        before += Item.objects.filter(source=source, identifier=found.identifier, state=State.WAITING)
    if held:
        return _renewed(held, found, document, usable=usable, entry=entry, now=now), False
    earlier = before or list(_earlier(found, office))
    notice = next((one.notice for one in earlier if one.notice_id), None)
    state = _state(found, usable=usable, now=now) if source and notice is None else _usual(usable)
    if source and notice is None and state != State.OVER:
        _demand_room(source)
    own = [one for one in earlier if source is None or one.source_id == source.pk]
    if state == State.WAITING and _replace(own, now) and notice is None and found.msg_type == MsgType.CANCEL:
        state = State.OVER  # it ends what nobody has used
    return Item.objects.get_or_create(
        office=office,
        key=mark(identity),
        defaults={
            **_facts(found, document),
            "source": source,
            "source_name": name[:80],
            "uploaded_by": by,
            "entry": entry,
            "state": state,
            "notice": notice,
            "fetched_at": now,
        },
    )


def _held(office: Organisation, identity: str) -> Item | None:
    held: Item | None = Item.objects.select_for_update().filter(office=office, key=mark(identity)).first()
    return held


def _usual(usable: bool) -> State:
    return State.WAITING if usable else State.UNREADABLE


def _state(found: Found, *, usable: bool, now: datetime) -> State:
    """What is over, or older than anybody would still act on, does not wait."""
    over = usable and found.expires is not None and found.expires <= now
    old = found.sent_at is not None and found.sent_at < now - STALE
    return State.OVER if over or old else _usual(usable)


def _facts(found: Found, document: bytes) -> dict[str, Any]:
    return {
        "said": found.to_json(),
        "content": found.content,
        "title": found.title[:300],
        "sender": found.sender[:500],
        "identifier": found.identifier[:500],
        "document": document,
    }


def _renewed(item: Item, found: Found, document: bytes, *, usable: bool, entry: str, now: datetime) -> Item:
    """What nobody has used yet says what its publisher says now."""
    changed: dict[str, Any] = {"entry": entry} if entry != item.entry else {}
    if item.content != found.content and item.state in UNUSED:
        changed |= {**_facts(found, document), "fetched_at": now}
        if item.state != State.ASIDE:
            changed["state"] = _usual(usable)
    if changed:
        Item.objects.filter(pk=item.pk, state=item.state).update(**changed)
        item.refresh_from_db()
    return item


def _earlier(found: Found, office: Organisation) -> Iterable[Item]:
    """The items that an Update or Cancel refers to, the newest first."""
    if not found.refers:
        return ()
    names = [identifier for _sender, identifier in found.refers]
    held = Item.objects.filter(office=office, identifier__in=names).exclude(key=mark(found.identity))
    return (one for one in held.select_related("notice") if (one.sender, one.identifier) in found.refers)


def _replace(earlier: Iterable[Item], now: datetime) -> bool:
    """Takes what waits and was overtaken from the inbox."""
    waiting = [one.pk for one in earlier if one.state == State.WAITING]
    rows = Item.objects.filter(pk__in=waiting, state=State.WAITING)
    return bool(rows.update(state=State.REPLACED, settled_at=now))


def _demand_room(source: Source) -> None:
    if Item.objects.waiting().filter(source=source).count() >= MOST_WAITING:
        raise Flood()


def put_aside(item: Item, *, by: User, now: datetime) -> None:
    """Nobody needs it; the next look does not bring it back."""
    _settle(item, (State.WAITING, State.UNREADABLE), State.ASIDE, by=by, now=now)


def take_back(item: Item, *, by: User, now: datetime) -> None:
    """Back into the inbox, from among those put aside or over."""
    usable = not item.document or not judged(bytes(item.document), "")[1]
    _settle(item, (State.ASIDE, State.OVER), _usual(usable), by=by, now=now)


def forget(*, now: datetime) -> int:
    """Deletes what nobody needed a year ago."""
    unused = Item.objects.filter(state__in=(State.ASIDE, State.REPLACED, State.OVER), fetched_at__lt=now - KEPT)
    return int(unused.delete()[0])


def _settle(item: Item, before: tuple[State, ...], after: State, *, by: User, now: datetime) -> None:
    demand(by, Can.USE_INCOMING, item)
    with transaction.atomic():
        if not Item.objects.filter(pk=item.pk, state__in=before).update(state=after, settled_at=now, settled_by=by):
            raise Conflict()
        audit.record(actor=by, action=f"incoming.{after}", target=f"item:{item.uid}", now=now)
