"""Mails of the desk that come by themselves: what waits, what is promised and due, what went out. Once each.

A reminder is a row of `REMINDERS`: for which versions it is, at which moment of theirs, to whom, and its words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from base.words import Role
from contacts.models import User

from . import desk_mail
from .desk_mail import Letter
from .models import Notice, Told, Version
from .promises import running
from .sweeping import each

BEFORE = timedelta(minutes=30)
# A mail that comes later than this after its moment, because nothing ran, says nothing new.
STALE = timedelta(days=3)
State = Version.State
Versions = Callable[[datetime], QuerySet[Version]]
People = Callable[[Version], Iterable[User]]


@dataclass(frozen=True)
class Reminder:
    """`moment` is a field of the version, or of what belongs to it; the mail goes from `before` it until STALE."""

    what: str
    versions: Versions
    moment: str
    to: People
    letter: Letter
    before: timedelta = timedelta(0)


def _in_state(*states: str) -> Versions:
    return lambda now: Version.objects.filter(state__in=states)


def _alone(now: datetime) -> QuerySet[Version]:
    return Version.objects.filter(lone__finding="")


def writers(version: Version) -> QuerySet[User]:
    """Who can keep its promises."""
    return desk_mail.seated(desk_mail.offices_of(version), Role.OFFICER)


def everyone(version: Version) -> QuerySet[User]:
    """Who can keep its promises, and who watches over them."""
    return writers(version) | desk_mail.watchers(version)


def approvers(version: Version) -> Iterable[User]:
    """Whoever may approve it at its office, else at headquarters; never who wrote it."""
    own = desk_mail.seated(desk_mail.offices_of(version), Role.APPROVER)
    touched = {version.author_id, version.submitted_by_id, *version.editors.values_list("pk", flat=True)}
    found = [person for person in own if person.pk not in touched]
    return found or desk_mail.seated(desk_mail.above(), Role.APPROVER).exclude(pk__in=touched - {None})


def reviewers(version: Version) -> Iterable[User]:
    """Who looks at what one officer issued alone, and who watches."""
    return {person.pk: person for person in [*approvers(version), *desk_mail.watchers(version)]}.values()


def author(version: Version) -> Iterable[User]:
    return [version.writer] if version.writer.is_active else []


REMINDERS = (
    Reminder(
        "waits", _in_state(State.PENDING), "submitted_at", approvers,
        Letter(
            _("%(reference)s waits for your approval"),
            _("%(headline)s\n%(author)s has written it for %(office)s. Read it and decide."),
            _("Read and decide"), "version_decide",
        ),
    ),
    Reminder(
        "returned", _in_state(State.RETURNED), "decided_at", author,
        Letter(
            _("%(reference)s comes back to you"),
            _("%(headline)s\n%(decider)s says: %(reason)s"),
            _("Change it"), "version_edit",
        ),
    ),
    Reminder(
        "rejected", _in_state(State.REJECTED), "decided_at", author,
        Letter(
            _("%(reference)s was rejected"), _("%(headline)s\n%(decider)s says: %(reason)s"), _("Open the notice")
        ),
    ),
    Reminder(
        "update_due", running, "next_update_at", writers,
        Letter(
            _("%(reference)s: the next update is due"),
            _("%(headline)s\nReaders were promised an update by %(due)s."),
            _("Write the update"),
        ),
        before=BEFORE,
    ),
    Reminder(
        "update_late", running, "next_update_at", everyone,
        Letter(
            _("%(reference)s: the promised update is late"),
            _("%(headline)s\n%(office)s promised an update by %(due)s. The public page says that it is late."),
            _("Open the notice"),
        ),
    ),
    Reminder(
        "reopening_late", running, "reopens_latest", everyone,
        Letter(
            _("%(reference)s: the reopening is late"),
            _("%(headline)s\n%(office)s expected it to reopen by %(due)s. Is it open, or how long does it last?"),
            _("Open the notice"),
        ),
    ),
    Reminder(
        "alone", _alone, "lone__at", reviewers,
        Letter(
            _("%(reference)s was issued by one officer alone"),
            _("%(headline)s\n%(author)s issued it without a second person: %(alone)s\nReview it now."),
            _("Review it"), "version_review",
        ),
    ),
    Reminder(
        "review_late", _alone, "lone__review_due_at", reviewers,
        Letter(
            _("%(reference)s: nobody has reviewed it"),
            _("%(headline)s\nOne officer issued it alone. A second person was to review it by %(due)s."),
            _("Review it"), "version_review",
        ),
    ),
)  # fmt: skip


def sweep(*, now: datetime) -> int:
    """Mails what is due, each once for its moment; returns how many versions. Safe to run twice at once."""
    done = 0
    for reminder in REMINDERS:
        moment = reminder.moment
        told = Told.objects.filter(version=OuterRef("pk"), what=reminder.what, moment=OuterRef(moment))
        oldest = now if reminder.before else now - STALE
        when = {f"{moment}__lte": now + reminder.before, f"{moment}__gt": oldest}
        due = reminder.versions(now).filter(~Exists(told), **when)
        seen = due.select_related("notice__office", "author", "decided_by").prefetch_related("texts", "rows__place")
        done += each(seen, partial(_tell, reminder, now=now))
    return done


def _tell(reminder: Reminder, version: Version, *, now: datetime) -> bool:
    due: Any = version
    for part in reminder.moment.split("__"):
        due = getattr(due, part)
    with transaction.atomic():
        Notice.objects.select_for_update().get(pk=version.notice_id)
        if not reminder.versions(now).filter(pk=version.pk).exists():
            return False  # kept, decided or withdrawn in between
        _told, new = Told.objects.get_or_create(
            version=version, what=reminder.what, moment=due, defaults={"at": now}
        )
        if new:
            for person in reminder.to(version):
                key = f"{reminder.what}:{version.uid}:{due:%Y%m%d%H%M%S%f}"
                desk_mail.send(reminder.letter, version, to=person, key=key, due=due, now=now)
    return new
