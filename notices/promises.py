"""What a version promises, and who hears when the hour comes: the next update, and the reopening."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from base.words import Role
from contacts.models import User

from . import desk_mail
from .desk_mail import Letter
from .models import Notice, Told, Version

BEFORE = timedelta(minutes=30)
SOON = timedelta(hours=6)  # what the desk shows of promises to come


def writers(version: Version) -> QuerySet[User]:
    """Who can keep the promise."""
    return desk_mail.seated(desk_mail.offices_of(version), Role.OFFICER)


def everyone(version: Version) -> QuerySet[User]:
    """Who can keep it, and who watches over it."""
    return writers(version) | desk_mail.watchers(version)


@dataclass(frozen=True)
class Reminder:
    """A mail about a promise: `moment` is a field of the version, sent from `before` it until it is kept."""

    what: str
    moment: str
    before: timedelta
    to: Callable[[Version], QuerySet[User]]
    letter: Letter


REMINDERS = (
    Reminder(
        "update_due",
        "next_update_at",
        BEFORE,
        writers,
        Letter(
            _("%(reference)s: the next update is due"),
            _("%(headline)s\nReaders were promised an update by %(due)s."),
            _("Write the update"),
        ),
    ),
    Reminder(
        "update_late",
        "next_update_at",
        timedelta(0),
        everyone,
        Letter(
            _("%(reference)s: the promised update is late"),
            _("%(headline)s\n%(office)s promised an update by %(due)s. The public page says that it is late."),
            _("Open the notice"),
        ),
    ),
    Reminder(
        "reopening_late",
        "reopens_latest",
        timedelta(0),
        everyone,
        Letter(
            _("%(reference)s: the reopening is late"),
            _("%(headline)s\n%(office)s expected it to reopen by %(due)s. Is it open, or how long does it last?"),
            _("Open the notice"),
        ),
    ),
)


def running(now: datetime) -> QuerySet[Version]:
    """Versions in force; with a newer version a promise is kept, with the end of the notice it is over."""
    versions: QuerySet[Version] = Version.objects.filter(
        notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED
    )
    return versions


def sweep(*, now: datetime) -> int:
    """Mails what is due, each promise once; returns how many promises. Safe to run twice at once."""
    done = 0
    for reminder in REMINDERS:
        told = Told.objects.filter(version=OuterRef("pk"), what=reminder.what)
        due = running(now).filter(~Exists(told), **{f"{reminder.moment}__lte": now + reminder.before})
        if reminder.before:
            due = due.filter(**{f"{reminder.moment}__gt": now})
        for version in due.select_related("notice__office").prefetch_related("texts", "rows__place"):
            done += _tell(reminder, version, now=now)
    return done


def _tell(reminder: Reminder, version: Version, *, now: datetime) -> bool:
    with transaction.atomic():
        _told, new = Told.objects.get_or_create(version=version, what=reminder.what, defaults={"at": now})
        if new:
            for person in reminder.to(version):
                desk_mail.send(
                    reminder.letter,
                    version,
                    to=person,
                    key=f"{reminder.what}:{version.uid}",
                    due=getattr(version, reminder.moment),
                    now=now,
                )
    return new


# --- On the desks -------------------------------------------------------------------------------------------------

NAMES: dict[str, str | Words] = {"next_update_at": _("Next update"), "reopens_latest": _("Reopening")}


@dataclass(frozen=True)
class Promise:
    """One promise of a version in force and when it is, or was, due."""

    version: Version
    moment: str
    due_at: datetime

    @property
    def name(self) -> str:
        return str(NAMES[self.moment])


def due(versions: QuerySet[Version], *, by: datetime) -> list[Promise]:
    """The promises of `versions` that are due until `by`, the longest overdue first."""
    found = [
        Promise(version, moment, at)
        for version in versions.select_related("notice__office").prefetch_related("texts", "rows__place")
        for moment in NAMES
        if (at := getattr(version, moment)) is not None and at <= by
    ]
    return sorted(found, key=lambda promise: promise.due_at)
