"""Late questions, and those that nobody took: who is told, once, in one mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from base.words import Role
from delivery.models import Delivery, Message
from dialogue.cases import answers, assignment, reminders
from dialogue.cases.models import Case

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def office() -> Any:
    made = people.organisation()
    people.place("GBDVR", made)
    return made


@pytest.fixture
def staff(office: Any) -> dict[str, Any]:
    house = people.organisation("administration")
    return {
        "officer": people.person(Role.OFFICER, office),
        "liaison": people.person(Role.LIAISON, house),
        "headquarters": people.person(Role.HEADQUARTERS, house),
        "auditor": people.person(Role.AUDITOR, house),
        "elsewhere": people.person(Role.OFFICER, people.organisation()),
    }


def told(staff: dict[str, Any], what: str) -> set[str]:
    rows = Delivery.objects.filter(publication__key__startswith=f"cases.{what}:").select_related("address")
    reached = {row.address.key for row in rows}
    return {name for name, person in staff.items() if person.email in reached}


def late_by(case: Case, span: timedelta) -> Any:
    return case.due_at + span  # type: ignore[operator]


def test_liaison_hears_of_what_is_soon_due_and_nobodys(staff: dict[str, Any]) -> None:
    case = people.case(about="GBDVR")
    assert reminders.sweep(now=late_by(case, -3 * HOUR)) == 0
    assert reminders.sweep(now=late_by(case, -HOUR)) == 1
    assert told(staff, "untaken") == {"liaison"} and told(staff, "late") == set()


def test_what_somebody_has_is_not_nobodys(staff: dict[str, Any]) -> None:
    case, officer = people.case(about="GBDVR"), staff["officer"]
    assignment.assign(case, to=officer, seen=None, by=officer, now=NOW)
    assert reminders.sweep(now=late_by(case, -HOUR)) == 0


def test_late_question_reaches_its_officer_liaison_and_headquarters(staff: dict[str, Any]) -> None:
    case, officer = people.case(about="GBDVR"), staff["officer"]
    assignment.assign(case, to=officer, seen=None, by=officer, now=NOW)
    assert reminders.sweep(now=late_by(case, HOUR)) == 1
    assert told(staff, "late") == {"officer", "liaison", "headquarters"}
    mail = Message.objects.filter(publication__key__startswith="cases.late:").first()
    assert mail is not None and "1 question is late" in mail.subject
    assert case.reference in mail.text and str(officer) in mail.text and "?view=late" in mail.text
    assert case.message not in mail.text


def test_many_late_questions_are_one_mail_a_person_and_told_once(staff: dict[str, Any]) -> None:
    cases = [people.case(about="GBDVR", subject=f"No {number}", email=f"a{number}@b.example") for number in range(5)]
    now = late_by(cases[0], HOUR)
    assert [reminders.sweep(now=now + number * HOUR) for number in range(3)] == [5, 0, 0]
    mails = Message.objects.filter(publication__key__startswith="cases.late:")
    assert mails.count() == 2 and all("5 questions are late" in mail.subject for mail in mails)


def test_answered_question_is_nobodys_worry(staff: dict[str, Any]) -> None:
    case = people.case(about="GBDVR")
    answers.answer(case, by=staff["officer"], text="Yes.", seen=1, now=NOW)
    assert reminders.sweep(now=late_by(case, HOUR)) == 0


def test_new_clock_is_a_new_promise(staff: dict[str, Any]) -> None:
    case, officer = people.case(about="GBDVR"), staff["officer"]
    assignment.assign(case, to=officer, seen=None, by=officer, now=NOW)
    now = late_by(case, HOUR)
    assert reminders.sweep(now=now) == 1
    answers.answer(case, by=officer, text="Yes.", seen=1, now=now)
    answers.ask_again(case, text="At night too?", now=now)
    assert reminders.sweep(now=now + HOUR) == 0
    assert reminders.sweep(now=late_by(case, HOUR)) == 1


def test_question_without_an_office_reaches_the_administration(staff: dict[str, Any]) -> None:
    case = people.case(about="Nowhere")
    assert reminders.sweep(now=late_by(case, HOUR)) == 1
    assert told(staff, "late") == {"liaison", "headquarters"}


def test_mail_speaks_the_language_of_its_reader(staff: dict[str, Any]) -> None:
    staff["liaison"].language = "fr"
    staff["liaison"].save()
    case = people.case(about="GBDVR")
    reminders.sweep(now=late_by(case, HOUR))
    mail = Message.objects.get(publication__key__startswith="cases.late:", language="fr")
    assert "/fr/desk/questions/" in mail.text
