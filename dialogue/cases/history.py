"""What was said and done in a case, told to the desk or to the submitter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from .models import Case, CaseEntry

Kind = CaseEntry.Kind
# What the submitter may learn of; whatever else is written in a case stays in the house.
PUBLIC = (Kind.ANSWER, Kind.MOVED, Kind.ASKED_AGAIN, Kind.CLOSED)
SAID = (Kind.ANSWER, Kind.ASKED_AGAIN)


@dataclass(frozen=True)
class Event:
    at: datetime
    words: str


def for_desk(case: Case) -> list[Event]:
    """Everything, the newest first, with the names of colleagues."""
    entries = case.entries.select_related("by", "person", "office")
    return [*(Event(entry.at, _desk_words(entry)) for entry in reversed(entries)), *_beginning(case)]


def for_submitter(case: Case) -> list[Event]:
    """The newest first, without names and without what colleagues tell each other."""
    entries = case.entries.filter(kind__in=PUBLIC).select_related("office")
    return [*(Event(entry.at, _public_words(case, entry)) for entry in reversed(entries)), *_beginning(case)]


def conversation(case: Case) -> list[CaseEntry]:
    """What customs and the submitter said to each other after the question, in order."""
    return list(case.entries.filter(kind__in=SAID).select_related("by"))


def _desk_words(entry: CaseEntry) -> str:
    words = {
        Kind.ANSWER: _("%(by)s answered"),
        Kind.NOTE: _("%(by)s wrote a note"),
        Kind.ASSIGNED: _("%(by)s gave it to %(person)s"),
        Kind.MOVED: _("%(by)s passed it to %(office)s"),
        Kind.ASKED_AGAIN: _("The person who asked wrote again"),
        Kind.CLOSED: _("The person who asked closed it"),
    }[Kind(entry.kind)]
    if entry.kind == Kind.ASSIGNED and entry.person_id is None:
        words = _("%(by)s put it back")
    elif entry.kind == Kind.ASSIGNED and entry.person_id == entry.by_id:
        words = _("%(by)s took it")
    return words % {"by": entry.by, "person": entry.person, "office": _where(entry)}


def _public_words(case: Case, entry: CaseEntry) -> str:
    words = {
        Kind.ANSWER: _("Answered by %(office)s") if case.office else _("Answered"),
        Kind.MOVED: _("Passed to %(office)s"),
        Kind.ASKED_AGAIN: _("You wrote again"),
        Kind.CLOSED: _("Closed by you"),
    }[Kind(entry.kind)]
    return words % {"office": _where(entry) if entry.kind == Kind.MOVED else case.office}


def _where(entry: CaseEntry) -> str:
    return str(entry.office) if entry.office else _("the liaison officers")


def _beginning(case: Case) -> list[Event]:
    confirmed = [Event(case.verified_at, _("E-mail confirmed"))] if case.verified_at else []
    return [*confirmed, Event(case.created_at, _("Question sent"))]
