"""From an item to a draft: by a person, who answers for it from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Conflict, Refused
from base.words import MsgType
from contacts import places
from contacts.models import Organisation, User
from notices import lifecycle
from notices.based_on import BasedOn
from notices.cap.shape import Fault
from notices.drafting import Draft, content_of
from notices.models import Item, Version

from . import mapping
from .found import Found
from .judging import judged
from .keeping import keep
from .words import State


class Used(Conflict):
    message = _("Somebody has dealt with this message already.")


def draft(item: Item, *, kind: str, office: Organisation, ends: bool, by: User, now: datetime) -> Version:
    """A new notice that says what the message says. `ends`: it ends when the message stops to hold."""
    found = item.found
    with transaction.atomic():
        _claim(item, by=by, now=now)
        version = lifecycle.start(kind=kind, office=office, by=by, now=now, status=found.status)
        written = mapping.draft(found, mapping.spots(found), zone=places.home_zone(office), ends=ends, now=now)
        version = _written(version, written, item, found, by=by, now=now)
        Item.objects.filter(pk=item.pk).update(notice=version.notice)
    return version


def revise(item: Item, *, by: User, now: datetime) -> Version:
    """The next version of the notice that the message is news of: an update, or a withdrawal for a Cancel.

    Places and times stay as they are; raises `Refused` where the notice cannot be changed now.
    """
    found = item.found
    if item.notice is None:
        raise Refused()
    with transaction.atomic():
        _claim(item, by=by, now=now)
        cancelled = found.msg_type == MsgType.CANCEL
        action = Version.Action.WITHDRAW if cancelled else Version.Action.UPDATE
        version = lifecycle.revise(item.notice, by=by, now=now, action=action)
        before = content_of(version)
        told = mapping.texts(found)
        texts = {code: before.texts.get(code, {}) | told.get(code, {}) for code in {*before.texts, *told}}
        levels = {} if cancelled else mapping.levels(found)
        written = replace(before, fields=before.fields | levels, texts=texts)
        version = _written(version, written, item, found, by=by, now=now)
    return version


def _claim(item: Item, *, by: User, now: datetime) -> None:
    demand(by, Can.USE_INCOMING, item)
    waits = Item.objects.filter(pk=item.pk, state=State.WAITING)
    if not waits.update(state=State.USED, settled_at=now, settled_by=by):
        raise Used()


def _written(version: Version, written: Draft, item: Item, found: Found, *, by: User, now: datetime) -> Version:
    told = replace(written, fields=written.fields | {"source": source_of(item, found).to_json()})
    version = lifecycle.edit(version, by=by, edit_number=version.edit_number, draft=told, now=now)
    audit.record(
        actor=by,
        action="incoming.draft",
        target=f"version:{version.uid}",
        facts={"item": str(item.uid), "sender": found.sender, "identifier": found.identifier},
        now=now,
    )
    return version


def source_of(item: Item, found: Found) -> BasedOn:
    return BasedOn(
        name=item.source_name,
        item=str(item.uid),
        fetched_at=item.fetched_at,
        url=found.link,
        sender=found.sender or found.sender_name,
        sent_at=found.sent_at,
        expires=found.expires,
    )


class Unusable(Refused):
    """What is wrong with a file, one line a fault."""

    field = "file"


def upload(document: bytes, *, office: Organisation, by: User, now: datetime) -> tuple[Item, bool]:
    """The item of a CAP message that somebody has as a file, and whether it is new; raises `Unusable`."""
    demand(by, Can.USE_INCOMING, Item(office=office))
    found, faults = judged(document, "")
    if faults:
        raise Unusable(" ".join(_said(fault) for fault in faults[:3]))
    name = found.sender_name or found.sender
    return keep(found, office=office, name=name, by=by, now=now, identity=found.identity, document=document)


def _said(fault: Fault) -> str:
    where = _("Line %(line)s:") % {"line": fault.line} if fault.line and fault.element else ""
    return f"{where} {fault}".strip()
