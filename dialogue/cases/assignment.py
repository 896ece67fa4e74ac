"""Inside the house: who works on a case, which office it lies with, and what colleagues tell each other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand, may
from base.errors import Conflict, Refused
from contacts.models import Organisation, User

from .models import Case, CaseEntry
from .policies import AT_THE_OFFICE, EVERYWHERE


class NoColleague(Refused):
    message = _("This person may not see the question. Choose somebody of its office, of liaison or headquarters.")
    field = "person"


class TakenMeanwhile(Conflict):
    message = _("%(holder)s took this question a moment before you. Nothing was changed.")


class PutBackMeanwhile(Conflict):
    message = _("A colleague put this question back meanwhile: nobody has it now. Nothing was changed.")


class MovedMeanwhile(Conflict):
    message = _("A colleague passed this question on meanwhile. Nothing was changed.")


class EmptyNote(Refused):
    message = _("Write the note")
    field = "text"


def colleagues(case: Case) -> QuerySet[User]:
    """Everybody who may see the case and therefore work on it, by name."""
    seats = Q(seat__role__in=EVERYWHERE)
    if case.office_id is not None:
        seats |= Q(seat__role__in=AT_THE_OFFICE, seat__organisation=case.office_id)
    people = User.objects.filter(seats, seat__ended_at=None, is_active=True)
    return people.distinct().order_by("name", "email")


def assign(case: Case, *, to: User | None, seen: UUID | None, by: User, now: datetime) -> Case:
    """Gives the case to a person, or back to all; `seen` is who had it on the page that `by` decided on.

    Done already, it changes nothing; raises `Conflict` if somebody else has it by now.
    """
    demand(by, Can.ANSWER_CASE, case)
    if to is not None and not may(to, Can.SEE_CASES, case):
        raise NoColleague()
    wanted = to.pk if to is not None else None
    with transaction.atomic():
        given = wanted != seen and Case.objects.filter(pk=case.pk, assignee=seen).update(assignee=to)
        case.refresh_from_db()
        if given:
            CaseEntry.objects.create(case=case, kind=CaseEntry.Kind.ASSIGNED, person=to, by=by, at=now)
            _record(case, "assign", by=by, now=now, to=str(wanted or ""))
        elif case.assignee is not None and case.assignee_id != wanted:
            raise TakenMeanwhile(TakenMeanwhile.message % {"holder": case.assignee})
        elif case.assignee_id != wanted:
            raise PutBackMeanwhile()
    return case


def move_to(
    case: Case, *, office: Organisation | None, seen: int | None, reason: str, by: User, now: datetime
) -> Case:
    """Passes the case to another office, None for the liaison officers; its clock runs on and nobody has it."""
    demand(by, Can.ANSWER_CASE, case)
    wanted = office.pk if office is not None else None
    with transaction.atomic():
        here = Case.objects.filter(pk=case.pk, office=seen)
        moved = wanted != seen and here.update(office=office, assignee=None)
        case.refresh_from_db()
        if case.office_id != wanted:
            raise MovedMeanwhile()
        if moved:
            CaseEntry.objects.create(
                case=case, kind=CaseEntry.Kind.MOVED, office=office, text=reason.strip(), by=by, at=now
            )
            _record(case, "move", by=by, now=now, to=office.code if office is not None else "")
    return case


def note(case: Case, *, text: str, by: User, now: datetime) -> CaseEntry:
    """A word among colleagues that the submitter never reads; sent twice, it is one."""
    demand(by, Can.ANSWER_CASE, case)
    words = text.strip()
    if not words:
        raise EmptyNote()
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)
        last: CaseEntry | None = case.entries.filter(kind=CaseEntry.Kind.NOTE).last()
        if last is not None and (last.by_id, last.text) == (by.pk, words):
            return last
        return CaseEntry.objects.create(case=case, kind=CaseEntry.Kind.NOTE, text=words, by=by, at=now)


def _record(case: Case, deed: str, *, by: User, now: datetime, to: str) -> None:
    facts = {"reference": case.reference, "to": to}
    audit.record(actor=by, action=f"case.{deed}", target=f"case:{case.uid}", facts=facts, now=now)
