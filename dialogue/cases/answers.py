"""The way out: customs answers, the submitter is told and may close the case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Conflict, Refused
from contacts.models import User
from delivery import outbox

from . import mails
from .models import Case, CaseEntry

State = Case.State
ANSWER, CLOSE = "answer", "close"
TRANSITIONS: dict[tuple[str, str], str] = {
    (State.OPEN, ANSWER): State.ANSWERED,
    (State.ANSWERED, CLOSE): State.CLOSED,
}


class EmptyAnswer(Refused):
    message = _("Write the answer.")
    field = "text"


class AnsweredAlready(Conflict):
    message = _("A colleague has answered this question meanwhile. Your text is kept below; nothing was sent twice.")


def move(case: Case, step: str, **changes: Any) -> bool:
    """One conditional UPDATE along `TRANSITIONS`; False if the case is elsewhere by now."""
    origins = [state for state, wanted in TRANSITIONS if wanted == step]
    target = next(target for (_state, wanted), target in TRANSITIONS.items() if wanted == step)
    moved = Case.objects.filter(pk=case.pk, state__in=origins).update(state=target, **changes)
    case.refresh_from_db()
    return bool(moved)


def answer(case: Case, *, by: User, text: str, now: datetime) -> CaseEntry:
    """Answers and mails the submitter; who answers has the case from then on.

    The same answer by the same person again gives the first result.
    """
    demand(by, Can.ANSWER_CASE, case)
    words = text.strip()
    if not words:
        raise EmptyAnswer()
    with transaction.atomic():
        if not move(case, ANSWER, answered_at=now, assignee=Coalesce("assignee", Value(by.pk))):
            same = case.entries.filter(kind=CaseEntry.Kind.ANSWER, by=by, text=words).first()
            if same is None:
                raise AnsweredAlready()
            return same
        entry = CaseEntry.objects.create(case=case, kind=CaseEntry.Kind.ANSWER, text=words, by=by, at=now)
        outbox.post(
            key=f"case:{case.uid}:answer",
            to=case.address.value,
            message=mails.answered(case, words),
            now=now,
        )
        audit.record(
            actor=by,
            action="case.answer",
            target=f"case:{case.uid}",
            facts={"reference": case.reference, "in_time": case.due_at is None or now <= case.due_at},
            now=now,
        )
    return entry


def close(case: Case, *, now: datetime) -> Case:
    """The submitter says that it helped; closing a closed case changes nothing."""
    with transaction.atomic():
        if move(case, CLOSE):
            audit.record(actor="public link", action="case.close", target=f"case:{case.uid}", now=now)
    return case
