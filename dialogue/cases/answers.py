"""To and fro: customs answers, the submitter asks again or closes; each word once and in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from base import audit, ratelimit
from base.access import Can, demand, may
from base.errors import Conflict, Refused
from contacts.models import User
from delivery import outbox

from . import files, mails
from .kinds import KINDS
from .models import Case, CaseEntry

State, Kind = Case.State, CaseEntry.Kind
ANSWER, ASK_AGAIN, CLOSE = "answer", "ask_again", "close"
TRANSITIONS: dict[tuple[str, str], str] = {
    (State.OPEN, ANSWER): State.ANSWERED,
    (State.ANSWERED, ANSWER): State.ANSWERED,
    (State.OPEN, ASK_AGAIN): State.OPEN,
    (State.ANSWERED, ASK_AGAIN): State.OPEN,
    (State.CLOSED, ASK_AGAIN): State.OPEN,
    (State.OPEN, CLOSE): State.CLOSED,
    (State.ANSWERED, CLOSE): State.CLOSED,
}


class EmptyAnswer(Refused):
    message = _("Write the answer.")
    field = "text"


class AnsweredAlready(Conflict):
    message = _("A colleague has answered this question meanwhile. Your text is kept below; nothing was sent twice.")


class AskedAgainMeanwhile(Conflict):
    message = _("The person wrote again meanwhile. Read it first; your text is kept below and was not sent.")


class ClosedMeanwhile(Conflict):
    message = _("The person closed this question meanwhile. Your text is kept below and was not sent.")


class EmptyQuestion(Refused):
    message = _("Write what is still unclear")
    field = "text"


class TooOften(Refused):
    message = _("You wrote many times in a short while. Wait an hour and send it again; your text is kept here.")
    field = "text"


def move(case: Case, step: str, *, among: dict[str, Any] | None = None, **changes: Any) -> bool:
    """One conditional UPDATE along `TRANSITIONS`, `among` what is as expected; False if the case is elsewhere."""
    origins = [state for state, wanted in TRANSITIONS if wanted == step]
    target = next(target for (_state, wanted), target in TRANSITIONS.items() if wanted == step)
    cases = Case.objects.filter(pk=case.pk, state__in=origins, **among or {})
    moved = cases.update(state=target, **changes)
    case.refresh_from_db()
    return bool(moved)


def answer(case: Case, *, by: User, text: str, seen: int, now: datetime) -> CaseEntry:
    """Answers and mails the submitter; who answers has the case from then on.

    `seen` is the case's `said` on the page that the answer was written on: what was said since is read first. The
    same answer by the same person again gives the first result.
    """
    demand(by, Can.ANSWER_CASE, case)
    words = text.strip()
    if not words:
        raise EmptyAnswer()
    due_at = case.due_at
    changes = {"answered_at": now, "said": F("said") + 1, "assignee": Coalesce("assignee", Value(by.pk))}
    with transaction.atomic():
        if not move(case, ANSWER, among={"said": seen}, **changes):
            return _answered_before(case, by=by, words=words)
        entry = CaseEntry.objects.create(case=case, kind=Kind.ANSWER, text=words, by=by, at=now)
        outbox.post(
            key=f"case:{case.uid}:answer:{case.said}",
            to=case.address.value,
            message=mails.answered(case, words, asked=_last_question(case)),
            now=now,
        )
        facts = {"reference": case.reference, "in_time": due_at is None or now <= due_at}
        audit.record(actor=by, action="case.answer", target=f"case:{case.uid}", facts=facts, now=now)
    return entry


def _answered_before(case: Case, *, by: User, words: str) -> CaseEntry:
    same: CaseEntry | None = case.entries.filter(kind=Kind.ANSWER, by=by, text=words).last()
    if same is not None:
        return same
    if case.state == State.CLOSED:
        raise ClosedMeanwhile()
    last = case.entries.filter(kind__in=(Kind.ANSWER, Kind.ASKED_AGAIN)).last()
    raise AskedAgainMeanwhile() if last is not None and last.kind == Kind.ASKED_AGAIN else AnsweredAlready()


def _last_question(case: Case) -> str:
    again: CaseEntry | None = case.entries.filter(kind=Kind.ASKED_AGAIN).last()
    return again.text if again is not None else case.message


def ask_again(case: Case, *, text: str, now: datetime, draft: UUID | None = None) -> Case:
    """The submitter writes once more, with the files of the form `draft`; the same words sent twice count once.

    An answered or closed case opens again with a new clock; while customs still works on it the clock runs on. Who
    has it is told. Raises `TooOften`.
    """
    words = text.strip()
    if not words:
        raise EmptyQuestion()
    with transaction.atomic():
        waiting = Case.objects.select_for_update().get(pk=case.pk).state == State.OPEN
        last = case.entries.filter(kind__in=(Kind.ANSWER, Kind.ASKED_AGAIN)).last()
        if last is not None and (last.kind, last.text) == (Kind.ASKED_AGAIN, words):
            return case
        if not ratelimit.take(f"case.again:{case.pk}", capacity=10, per_s=1 / 3600, now=now):
            raise TooOften()
        clock: dict[str, Any] = {} if waiting else {"due_at": now + KINDS[case.kind].answer_within, "closed_at": None}
        if not move(case, ASK_AGAIN, said=F("said") + 1, **clock):
            raise Conflict()
        if case.assignee is not None and not may(case.assignee, Can.SEE_CASES, case):
            Case.objects.filter(pk=case.pk).update(assignee=None)
            case.refresh_from_db()
        CaseEntry.objects.create(case=case, kind=Kind.ASKED_AGAIN, text=words, at=now)
        files.adopt(draft, case)
        _tell(case, now=now)
        audit.record(actor="public link", action="case.ask_again", target=f"case:{case.uid}", now=now)
    return case


def _tell(case: Case, *, now: datetime) -> None:
    """Until when, to the submitter; that something came, to who has it. Without one, the queue shows it."""
    key = f"case:{case.uid}:again:{case.said}"
    outbox.post(key=key, to=case.address.value, message=mails.received_again(case), now=now)
    if case.assignee is not None:
        outbox.post(key=f"{key}:desk", to=case.assignee.email, message=mails.for_holder(case, case.assignee), now=now)


def close(case: Case, *, now: datetime) -> Case:
    """The submitter needs nothing more; closing a closed case changes nothing."""
    with transaction.atomic():
        if move(case, CLOSE, closed_at=now):
            CaseEntry.objects.create(case=case, kind=Kind.CLOSED, at=now)
            audit.record(actor="public link", action="case.close", target=f"case:{case.uid}", now=now)
    return case
