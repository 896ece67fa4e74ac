"""The addresses that are looked at: added, paused and removed by people."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit, http
from base.access import Can, demand
from base.errors import Refused
from contacts.models import Organisation, User
from notices.models import Item, Source

from .words import State

MOST = 50  # of one office


class Known(Refused):
    message = gettext_lazy("This address is looked at already.")
    field = "url"


class TooMany(Refused):
    message = gettext_lazy("An office has too many sources. Remove one that nobody reads.")


def add(*, name: str, url: str, form: str, office: Organisation, by: User, now: datetime) -> Source:
    """Raises `base.http.Forbidden` for an address that we do not call."""
    demand(by, Can.KEEP_SOURCES, office)
    http.check(url)
    if Source.objects.filter(office=office).count() >= MOST:
        raise TooMany()
    try:
        with transaction.atomic():
            source = Source.objects.create(
                name=name, url=url, form=form, office=office, added_by=by, added_at=now, due_at=now
            )
            facts = {"url": url, "form": form}
            audit.record(actor=by, action="source.add", target=f"source:{source.uid}", facts=facts, now=now)
    except IntegrityError:
        raise Known() from None
    return source


def pause(source: Source, *, by: User, now: datetime) -> str:
    _change(source, "pause", by=by, now=now, paused_at=now)
    return _("Paused. Nothing more is fetched from there.")


def resume(source: Source, *, by: User, now: datetime) -> str:
    _change(source, "resume", by=by, now=now, paused_at=None, due_at=now, failures=0)
    return _("It is looked at within a minute.")


def look_now(source: Source, *, by: User, now: datetime) -> str:
    _change(source, "look", by=by, now=now, due_at=now, etag="", modified="")
    return _("It is looked at within a minute.")


def remove(source: Source, *, by: User, now: datetime) -> str:
    """What it brought stays; what nobody has used is put aside."""
    demand(by, Can.KEEP_SOURCES, source.office)
    with transaction.atomic():
        waiting = Item.objects.filter(source=source, state__in=(State.WAITING, State.UNREADABLE), notice=None)
        waiting.update(state=State.ASIDE, settled_at=now, settled_by=by)
        audit.record(
            actor=by, action="source.remove", target=f"source:{source.uid}", facts={"url": source.url}, now=now
        )
        source.delete()
    return _("Removed. What became a draft stays; the rest was put aside.")


def _change(source: Source, verb: str, *, by: User, now: datetime, **fields: object) -> None:
    demand(by, Can.KEEP_SOURCES, source.office)
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(**fields)
        audit.record(actor=by, action=f"source.{verb}", target=f"source:{source.uid}", now=now)


VERBS = {"pause": pause, "resume": resume, "look": look_now, "remove": remove}
