"""Who hears that a question is late, or soon due and nobody's: one mail a person, however many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import ngettext

from base.words import Role
from contacts.models import User
from delivery import outbox
from notices import desk_mail

from . import mails
from .models import Case, CaseTold

SOON = timedelta(hours=2)  # before the promised hour; half of the shortest promise


@dataclass(frozen=True)
class Reminder:
    """A mail about questions: `view` is where the queue shows them, `heading` counts them."""

    what: str
    view: str
    cases: Callable[[datetime], QuerySet[Case]]
    roles: tuple[Role, ...]
    heading: Callable[[int], str]


def _untaken(now: datetime) -> QuerySet[Case]:
    waiting: QuerySet[Case] = Case.objects.queue().filter(assignee=None)
    return waiting.filter(due_at__lte=now + SOON, due_at__gt=now)


def _untaken_words(n: int) -> str:
    return ngettext(
        "%(n)d question is due soon and nobody has it", "%(n)d questions are due soon and nobody has them", n
    ) % {"n": n}


def _late(now: datetime) -> QuerySet[Case]:
    late: QuerySet[Case] = Case.objects.late(now)
    return late


def _late_words(n: int) -> str:
    return ngettext("%(n)d question is late", "%(n)d questions are late", n) % {"n": n}


REMINDERS = (
    Reminder("untaken", "nobody", _untaken, (Role.LIAISON,), _untaken_words),
    Reminder("late", "late", _late, (Role.LIAISON, Role.HEADQUARTERS), _late_words),
)


def sweep(*, now: datetime) -> int:
    """Mails what is due, each promised hour once; returns how many questions. Safe to run twice at once."""
    return sum(_tell(reminder, now=now) for reminder in REMINDERS)


def _tell(reminder: Reminder, *, now: datetime) -> int:
    told = CaseTold.objects.filter(case=OuterRef("pk"), what=reminder.what, due_at=OuterRef("due_at"))
    due = reminder.cases(now).filter(~Exists(told)).select_related("office", "place", "assignee")
    with transaction.atomic():
        fresh = {}
        for case in due.order_by("due_at", "pk"):
            hour = case.due_at or now  # those that are due have one
            about = {"case": case, "what": reminder.what, "due_at": hour}
            row, new = CaseTold.objects.get_or_create(**about, defaults={"at": now})
            if new:
                fresh[case] = row
        for person, cases in _readers(reminder, fresh).items():
            outbox.post(
                key=f"cases.{reminder.what}:{fresh[cases[0]].pk}:{person.pk}",
                to=person.email,
                message=mails.for_watcher(cases, person, heading=reminder.heading, view=reminder.view),
                greeting=desk_mail.greeting(person),
                now=now,
            )
    return len(fresh)


def _readers(reminder: Reminder, cases: Iterable[Case]) -> dict[User, list[Case]]:
    """Who has the case, and who watches over it: in the administration and at its office."""
    above = desk_mail.above()
    watchers: dict[int | None, list[User]] = {}
    found: dict[User, list[Case]] = {}
    for case in cases:
        if case.office_id not in watchers:
            here = [case.office_id] if case.office_id is not None else []
            watchers[case.office_id] = list(desk_mail.seated([*above, *here], *reminder.roles))
        holder = [case.assignee] if case.assignee is not None else []
        for person in {*watchers[case.office_id], *holder}:
            found.setdefault(person, []).append(case)
    return found
