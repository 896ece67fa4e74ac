"""Who sees a question, who answers it, and what the submitter gets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from base import links
from base.words import Role
from delivery.models import Delivery, Message
from dialogue.cases import answers, mails
from dialogue.cases.models import Case, CaseEntry

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db


def test_answer_reaches_the_submitter_by_mail_and_page(client: Any, case: Case, office: Any) -> None:
    client.force_login(people.person(Role.OFFICER, office))
    page = client.post(
        reverse("case_detail", args=[case.reference]), {"text": "Yes, if both carry a test.", "said": 1}, follow=True
    )
    assert page.status_code == 200 and "Answered" in page.content.decode()
    mail = Message.objects.get(publication__key=f"case:{case.uid}:answer:2")
    assert "Yes, if both carry a test." in mail.text and case.reference in mail.subject
    assert Delivery.objects.get(message=mail).address == case.address
    client.logout()
    tracking = client.get(reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)]))
    assert "Yes, if both carry a test." in tracking.content.decode()


def test_same_answer_again_gives_the_first_result(case: Case, office: Any) -> None:
    officer = people.person(Role.OFFICER, office)
    first, second = (answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW) for _ in range(2))
    assert first == second and CaseEntry.objects.count() == 1
    assert Message.objects.filter(publication__key__contains=":answer:").count() == 1


def test_second_officer_is_told_and_keeps_the_text(client: Any, case: Case, office: Any) -> None:
    answers.answer(case, by=people.person(Role.OFFICER, office), text="Yes.", seen=1, now=NOW)
    client.force_login(people.person(Role.OFFICER, office))
    page = client.post(reverse("case_detail", args=[case.reference]), {"text": "No, never.", "said": 1})
    assert page.status_code == 409 and "No, never." in page.content.decode()
    assert CaseEntry.objects.get().text == "Yes."


def test_empty_answer_is_refused_at_the_field(client: Any, case: Case, office: Any) -> None:
    client.force_login(people.person(Role.OFFICER, office))
    page = client.post(reverse("case_detail", args=[case.reference]), {"text": "  "})
    assert page.status_code == 422 and "id_text_error" in page.content.decode()


@pytest.mark.parametrize(
    ("role", "here", "allowed"),
    [
        (Role.OFFICER, True, True),
        (Role.APPROVER, True, True),
        (Role.OFFICER, False, False),
        (Role.LIAISON, False, True),
        (Role.HEADQUARTERS, False, True),
        (Role.AUDITOR, False, False),
        (Role.ADMINISTRATOR, False, False),
        (Role.ASSOCIATION_MANAGER, False, False),
    ],
)
def test_desk_of_the_case_liaison_and_headquarters_answer(
    client: Any, case: Case, office: Any, role: Role, here: bool, allowed: bool
) -> None:
    elsewhere = people.organisation("association" if role == Role.ASSOCIATION_MANAGER else "office")
    user = people.person(role, office if here else elsewhere)
    client.force_login(user)
    assert client.get(reverse("case_detail", args=[case.reference])).status_code == (200 if allowed else 404)
    assert (case in Case.objects.visible_to(user)) is allowed
    if allowed:
        assert answers.answer(case, by=user, text="Yes.", seen=1, now=NOW)
    else:
        with pytest.raises(PermissionDenied):
            answers.answer(case, by=user, text="Yes.", seen=1, now=NOW)


def test_queue_shows_only_verified_questions_of_the_office(client: Any, case: Case, office: Any) -> None:
    people.case(verified=False, about="GBDVR", subject="Never confirmed")
    people.case(subject="Somebody else's")
    client.force_login(people.person(Role.OFFICER, office))
    text = client.get(reverse("case_queue")).content.decode()
    assert case.reference in text and "Never confirmed" not in text and "Somebody else" not in text


def test_queue_asks_strangers_to_sign_in(client: Any, case: Case) -> None:
    for page in (reverse("case_queue"), reverse("case_detail", args=[case.reference])):
        assert client.get(page).status_code == 302


def test_unverified_question_cannot_be_answered(office: Any) -> None:
    people.place("GBDVR", office)
    waiting = people.case(verified=False, about="GBDVR")
    with pytest.raises(PermissionDenied):
        answers.answer(waiting, by=people.person(Role.OFFICER, office), text="Yes.", seen=1, now=NOW)


def test_submitter_closes_by_a_post_and_never_by_a_get(client: Any, case: Case, office: Any) -> None:
    answers.answer(case, by=people.person(Role.OFFICER, office), text="Yes.", seen=1, now=NOW)
    page = reverse("case_close", args=[links.sign(mails.TRACK, case.uid.hex)])
    assert client.get(page).status_code == 405
    assert client.post(page, follow=True).status_code == 200
    client.post(page)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED


def test_who_asked_may_need_no_answer_any_more(case: Case) -> None:
    for _time in range(2):
        answers.close(case, now=NOW)
    assert case.state == Case.State.CLOSED and case.closed_at == NOW
    assert not Case.objects.queue().exists() and case.entries.count() == 1


def test_tracking_page_says_when_customs_is_late(client: Any, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(due_at=case.created_at - timedelta(days=500))
    tracking = client.get(reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)]))
    assert "We are late" in tracking.content.decode()


def test_answer_with_markup_is_shown_as_text(client: Any, case: Case, office: Any) -> None:
    answers.answer(case, by=people.person(Role.OFFICER, office), text="<script>alert(1)</script>", seen=1, now=NOW)
    tracking = client.get(reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)]))
    mail = Message.objects.get(publication__key=f"case:{case.uid}:answer:2")
    assert "<script>alert" not in tracking.content.decode() and "<script>alert" not in mail.html
