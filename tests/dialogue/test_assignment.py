"""Who has a question, who may get it, where it goes, and what only colleagues read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from base import links
from base.models import AuditEntry
from base.words import Role
from delivery.models import Message
from dialogue.cases import answers, assignment, history, mails
from dialogue.cases.models import BY_THE_ASKER, Case, CaseEntry

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
Kind = CaseEntry.Kind


def page_of(case: Case) -> str:
    return reverse("case_detail", args=[case.reference])


def send(client: Any, case: Case, step: str, **fields: Any) -> Any:
    return client.post(page_of(case), {"step": step, **fields}, follow=True)


def test_officer_takes_and_puts_back(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    assert "You have it." in send(client, case, "take", seen="").content.decode()
    case.refresh_from_db()
    assert case.assignee == officer
    assert "Nobody has it yet." in send(client, case, "put_back", seen=str(officer.pk)).content.decode()
    case.refresh_from_db()
    assert case.assignee is None
    assert [entry.person for entry in case.entries.filter(kind=Kind.ASSIGNED)] == [officer, None]
    assert AuditEntry.objects.filter(action="case.assign", actor=str(officer.pk)).count() == 2


def test_two_officers_cannot_both_take_it_and_the_second_is_told_who_has_it(
    client: Any, case: Case, office: Any, officer: Any
) -> None:
    first = people.person(Role.OFFICER, office)
    assignment.assign(case, to=first, seen=None, by=first, now=NOW)
    client.force_login(officer)
    page = send(client, case, "take", seen="")  # the page still showed that nobody had it
    assert page.status_code == 409 and f"{first} took this question a moment before you" in page.content.decode()
    case.refresh_from_db()
    assert case.assignee == first and case.entries.count() == 1


def test_taking_twice_is_taking_once(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    for _time in range(2):
        assert send(client, case, "take", seen="").status_code == 200
    assert case.entries.count() == 1


def test_colleague_is_relieved_only_knowingly(case: Case, office: Any, officer: Any) -> None:
    other = people.person(Role.OFFICER, office)
    assignment.assign(case, to=other, seen=None, by=other, now=NOW)
    assert assignment.assign(case, to=officer, seen=other.pk, by=officer, now=NOW).assignee == officer
    with pytest.raises(assignment.TakenMeanwhile):
        assignment.assign(case, to=None, seen=other.pk, by=other, now=NOW)
    assignment.assign(case, to=None, seen=officer.pk, by=officer, now=NOW)
    with pytest.raises(assignment.PutBackMeanwhile):
        assignment.assign(case, to=other, seen=officer.pk, by=officer, now=NOW)


def test_question_is_given_only_to_whoever_may_see_it(client: Any, case: Case, office: Any, officer: Any) -> None:
    here = [people.person(role, office) for role in (Role.OFFICER, Role.APPROVER)]
    above = [people.person(role, people.organisation("administration")) for role in (Role.LIAISON, Role.HEADQUARTERS)]
    away = people.person(Role.OFFICER, people.organisation())
    auditor = people.person(Role.AUDITOR, office)
    assert set(assignment.colleagues(case)) == {officer, *here, *above}
    for stranger in (away, auditor):
        with pytest.raises(assignment.NoColleague):
            assignment.assign(case, to=stranger, seen=None, by=officer, now=NOW)
    client.force_login(officer)
    assert send(client, case, "give", **{"seen": "", "give-person": away.pk}).status_code == 422
    page = send(client, case, "give", **{"seen": "", "give-person": here[0].pk})
    assert f"{here[0]} has it now." in page.content.decode()


def test_who_was_switched_off_is_no_colleague(case: Case, office: Any, officer: Any) -> None:
    gone = people.person(Role.OFFICER, office)
    gone.is_active = False
    gone.save()
    assert gone not in assignment.colleagues(case)
    with pytest.raises(assignment.NoColleague):
        assignment.assign(case, to=gone, seen=None, by=officer, now=NOW)


def test_strangers_neither_take_nor_move_nor_note(case: Case) -> None:
    stranger = people.person(Role.OFFICER, people.organisation())
    for deed in (
        lambda: assignment.assign(case, to=stranger, seen=None, by=stranger, now=NOW),
        lambda: assignment.move_to(case, office=None, seen=case.office_id, reason="x", by=stranger, now=NOW),
        lambda: assignment.note(case, text="x", by=stranger, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            deed()


def test_question_passes_to_another_office_with_its_clock_and_without_its_officer(
    client: Any, case: Case, office: Any, officer: Any
) -> None:
    elsewhere = people.organisation()
    assignment.assign(case, to=officer, seen=None, by=officer, now=NOW)
    due = case.due_at
    client.force_login(officer)
    fields = {"seen_office": office.pk, "move-office": elsewhere.code, "move-reason": "It is about their gate"}
    page = send(client, case, "move", **fields)
    assert page.redirect_chain[-1][0] == reverse("case_queue")  # it is no longer this officer's to see
    assert f"Passed to {elsewhere}." in page.content.decode()
    case.refresh_from_db()
    assert (case.office, case.assignee, case.due_at) == (elsewhere, None, due)
    client.force_login(people.person(Role.OFFICER, elsewhere))
    assert "Person" in client.get(page_of(case)).content.decode()
    tracking = client.get(reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)])).content.decode()
    assert f"Passed to {elsewhere}" in tracking and "their gate" not in tracking


def test_two_who_pass_it_on_do_not_overwrite_each_other(case: Case, office: Any, officer: Any) -> None:
    first, second = people.organisation(), people.organisation()
    assignment.move_to(case, office=first, seen=office.pk, reason="x", by=officer, now=NOW)
    liaison = people.person(Role.LIAISON, people.organisation("administration"))
    with pytest.raises(assignment.MovedMeanwhile):
        assignment.move_to(case, office=second, seen=office.pk, reason="y", by=liaison, now=NOW)
    assignment.move_to(case, office=first, seen=office.pk, reason="x", by=liaison, now=NOW)  # there already
    assert case.entries.filter(kind=Kind.MOVED).count() == 1
    assignment.move_to(case, office=None, seen=first.pk, reason="z", by=liaison, now=NOW)
    assert case.office is None


def test_note_is_kept_once_and_needs_words(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    for _time in range(2):
        assert "Asked the port" in send(client, case, "note", **{"note-text": "Asked the port"}).content.decode()
    assert case.entries.filter(kind=Kind.NOTE).count() == 1
    page = send(client, case, "note", **{"note-text": " "})
    assert page.status_code == 422 and "id_note-text_error" in page.content.decode()


def test_submitter_never_reads_what_colleagues_tell_each_other(client: Any, case: Case, officer: Any) -> None:
    officer.name = "Unmistakable Name"
    officer.save()
    assignment.assign(case, to=officer, seen=None, by=officer, now=NOW)
    assignment.note(case, text="SECRET-NOTE", by=officer, now=NOW)
    assignment.move_to(case, office=None, seen=case.office_id, reason="SECRET-REASON", by=officer, now=NOW)
    liaison = people.person(Role.LIAISON, people.organisation("administration"))
    answers.answer(case, by=liaison, text="Yes.", seen=1, now=NOW)
    told = [client.get(reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)])).content.decode()]
    told += [part for mail in Message.objects.all() for part in (mail.subject, mail.text, mail.html)]
    assert len(told) == 1 + 3 * 3
    for words in told:
        assert not any(secret in words for secret in ("SECRET", "Unmistakable", str(liaison)))


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_of_entry_is_told_to_the_desk_and_only_public_ones_to_the_submitter(
    case: Case, officer: Any, kind: str
) -> None:
    before = len(history.for_submitter(case))
    more = {"person": officer, "office": case.office}
    author = None if kind in BY_THE_ASKER else officer
    CaseEntry.objects.create(case=case, kind=kind, text="SECRET", by=author, at=NOW, **more)
    assert (str(officer) in history.for_desk(case)[0].words) is (author is not None)
    told = history.for_submitter(case)
    assert len(told) - before == (kind in history.PUBLIC)
    assert not any("SECRET" in event.words or str(officer) in event.words for event in told)
    assert kind in history.PUBLIC or kind in (Kind.NOTE, Kind.ASSIGNED)


def test_who_answers_has_it_unless_somebody_had_it(case: Case, office: Any, officer: Any) -> None:
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW)
    assert case.assignee == officer
    second = people.case(about="GBDVR", subject="Another")
    other = people.person(Role.OFFICER, office)
    assignment.assign(second, to=other, seen=None, by=other, now=NOW)
    answers.answer(second, by=officer, text="Yes.", seen=1, now=NOW)
    assert second.assignee == other
