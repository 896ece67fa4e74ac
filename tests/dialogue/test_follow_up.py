"""After the answer: asking again, further answers in order, closing, and what nobody loses while typing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from base import links
from base.words import Role
from delivery.models import Delivery, Message
from dialogue.cases import answers, assignment, mails, retention, unfinished
from dialogue.cases.kinds import KINDS
from dialogue.cases.models import Case, CaseEntry, Unfinished

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CASES = Path(__file__).parent.parent / "cases/intake"
Kind, State = CaseEntry.Kind, Case.State


@pytest.fixture
def answered(case: Case, officer: Any) -> Case:
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW + HOUR)
    return case


def tracking(case: Case) -> str:
    return reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)])


def desk(case: Case) -> str:
    return reverse("case_detail", args=[case.reference])


def mailed(case: Case, what: str) -> list[Message]:
    return list(Message.objects.filter(publication__key__startswith=f"case:{case.uid}:{what}").order_by("pk"))


def test_asking_again_opens_the_question_with_a_new_clock(client: Any, answered: Case) -> None:
    page = client.post(tracking(answered), {"text": "Also at night?"}, follow=True)
    assert "Also at night?" in page.content.decode() and "Customs is working on it" in page.content.decode()
    answered.refresh_from_db()
    assert answered.state == State.OPEN and list(Case.objects.queue()) == [answered]
    answers.ask_again(answered, text="And on Sundays?", now=NOW + 3 * HOUR)
    answers.answer(answered, by=answered.assignee, text="Yes, both.", seen=4, now=NOW + 4 * HOUR)
    answers.ask_again(answered, text="And on Mondays?", now=NOW + 100 * HOUR)
    assert answered.due_at == NOW + 100 * HOUR + KINDS[answered.kind].answer_within


def test_adding_to_a_waiting_question_moves_no_clock(case: Case) -> None:
    due = case.due_at
    answers.ask_again(case, text="Both carry a test.", now=NOW + HOUR)
    assert (case.state, case.due_at) == (State.OPEN, due)


def test_closed_question_opens_again(answered: Case) -> None:
    answers.close(answered, now=NOW + 2 * HOUR)
    answers.ask_again(answered, text="One thing more", now=NOW + 3 * HOUR)
    assert answered.state == State.OPEN and answered.closed_at is None


def test_same_words_sent_twice_count_once(client: Any, answered: Case) -> None:
    for _time in range(2):
        assert client.post(tracking(answered), {"text": "Also at night?"}).status_code == 302
    assert answered.entries.filter(kind=Kind.ASKED_AGAIN).count() == 1
    assert len(mailed(answered, "again")) == 2  # to who asked, and to the officer


def test_officer_who_has_it_is_told_by_mail_without_the_words(answered: Case, officer: Any) -> None:
    answers.ask_again(answered, text="SECRET-CARGO", now=NOW + 2 * HOUR)
    to_asker, to_officer = mailed(answered, "again")
    sent = {d.message_id: d.address.key for d in Delivery.objects.select_related("address")}
    assert (sent[to_asker.pk], sent[to_officer.pk]) == (answered.address.key, officer.email)
    assert answered.reference in to_officer.subject and desk(answered)[3:] in to_officer.text
    assert "SECRET-CARGO" not in to_officer.text + to_officer.html + to_asker.text


def test_question_of_an_officer_who_left_is_nobodys(answered: Case, officer: Any) -> None:
    officer.seat_set.update(ended_at=NOW)
    answers.ask_again(answered, text="Also at night?", now=NOW + 2 * HOUR)
    assert answered.assignee is None and len(mailed(answered, "again")) == 1


def test_stranger_s_pace_is_slowed_with_the_text_kept(client: Any, answered: Case) -> None:
    for number in range(10):
        assert client.post(tracking(answered), {"text": f"No {number}"}).status_code == 302
    page = client.post(tracking(answered), {"text": "No 11, long and dear"})
    assert page.status_code == 429 and "No 11, long and dear" in page.content.decode()
    assert answered.entries.filter(kind=Kind.ASKED_AGAIN).count() == 10


def test_empty_follow_up_is_refused_at_its_field(client: Any, answered: Case) -> None:
    page = client.post(tracking(answered), {"text": " \n "})
    text = page.content.decode()
    assert page.status_code == 422 and 'href="#id_text"' in text and "<details open" in text
    too_long = client.post(tracking(answered), {"text": "x" * 6_000})
    assert too_long.status_code == 422 and "x" * 6_000 in too_long.content.decode()


def test_several_answers_stand_in_order_for_both_sides(client: Any, answered: Case, officer: Any) -> None:
    answers.ask_again(answered, text="Second question", now=NOW + 2 * HOUR)
    answers.answer(answered, by=officer, text="Second answer", seen=3, now=NOW + 3 * HOUR)
    answers.answer(answered, by=officer, text="Further answer", seen=4, now=NOW + 4 * HOUR)
    client.force_login(officer)
    for page in (tracking(answered), desk(answered)):
        text = client.get(page).content.decode()
        places = [text.index(words) for words in ("Yes.", "Second question", "Second answer", "Further answer")]
        assert places == sorted(places)
    first, second, third = mailed(answered, "answer")
    assert "May a second driver" in first.text and "Second question" in second.text + third.text
    assert "May a second driver" not in second.text


def test_answer_written_before_the_person_wrote_again_is_kept_and_not_sent(
    client: Any, answered: Case, officer: Any
) -> None:
    answers.ask_again(answered, text="Wait: it is for Sunday", now=NOW + 2 * HOUR)
    client.force_login(officer)
    page = client.post(desk(answered), {"step": "answer", "said": 2, "text": "Further words"})
    text = page.content.decode()
    assert page.status_code == 409 and "wrote again meanwhile" in text and "Further words" in text
    assert "Wait: it is for Sunday" in text and len(mailed(answered, "answer")) == 1
    assert 'name="said" value="3"' in text  # read now, it may be sent
    client.post(desk(answered), {"step": "answer", "said": 3, "text": "Further words"})
    assert len(mailed(answered, "answer")) == 2


def test_answer_to_what_was_closed_meanwhile_is_kept_and_not_sent(client: Any, answered: Case, officer: Any) -> None:
    answers.close(answered, now=NOW + 2 * HOUR)
    client.force_login(officer)
    page = client.post(desk(answered), {"step": "answer", "said": 2, "text": "Further words"})
    assert page.status_code == 409 and "closed this question meanwhile" in page.content.decode()
    assert "Further words" in client.get(desk(answered)).content.decode()


def test_double_click_gives_one_answer_and_leaves_nothing_unfinished(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    for _time in range(2):
        assert client.post(desk(case), {"step": "answer", "said": 1, "text": "Yes."}).status_code == 302
    assert case.entries.filter(kind=Kind.ANSWER).count() == 1 and len(mailed(case, "answer")) == 1
    assert unfinished.kept(case, by=officer) is None


def test_typing_is_kept_offered_again_and_thrown_away_on_request(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    keep = reverse("case_keep", args=[case.reference])
    assert client.post(keep, {"said": 1, "text": "Half an ans"}).status_code == 200
    text = client.get(desk(case)).content.decode()
    assert "Half an ans" in text and "did not send" in text
    colleague = people.person(Role.OFFICER, case.office)
    client.force_login(colleague)
    assert "Half an ans" not in client.get(desk(case)).content.decode()
    client.force_login(officer)
    client.post(desk(case), {"step": "discard", "said": 1})
    assert "Half an ans" not in client.get(desk(case)).content.decode()
    client.post(keep, {"said": 1, "text": "Anew"})
    assert "Anew" in client.get(desk(case)).content.decode()


def test_typing_that_arrives_after_its_own_answer_is_not_kept(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    client.post(desk(case), {"step": "answer", "said": 1, "text": "Yes."})
    client.post(reverse("case_keep", args=[case.reference]), {"said": 1, "text": "Yes"})
    assert unfinished.kept(case, by=officer) is None
    client.post(reverse("case_keep", args=[case.reference]), {"said": 2, "text": "And\0 more"})
    assert unfinished.kept(case, by=officer).text == "And more"  # type: ignore[union-attr]


def test_taking_the_question_keeps_what_is_typed(client: Any, case: Case, officer: Any) -> None:
    client.force_login(officer)
    page = client.post(desk(case), {"step": "take", "seen": "", "said": 1, "text": "Half an ans"}, follow=True)
    assert "You have it." in page.content.decode() and "Half an ans" in page.content.decode()


def test_answer_sent_after_the_session_ended_is_there_after_signing_in(
    client: Any, case: Case, officer: Any
) -> None:
    page = client.post(desk(case), {"step": "answer", "said": 1, "text": "Long and dear"})
    assert page.status_code == 302 and "login" in page.url
    assert not case.entries.exists()
    client.force_login(officer)
    text = client.get(desk(case)).content.decode()
    assert "Long and dear" in text and "did not send" in text
    assert Unfinished.objects.get().person == officer


def test_signed_out_typing_is_told_so(client: Any, case: Case) -> None:
    page = client.post(reverse("case_keep", args=[case.reference]), {"said": 1, "text": "Half"})
    assert "You are signed out." in page.content.decode() and not Unfinished.objects.exists()


def test_stranger_keeps_nothing(client: Any, case: Case) -> None:
    client.force_login(people.person(Role.OFFICER, people.organisation()))
    assert client.post(reverse("case_keep", args=[case.reference]), {"said": 1, "text": "x"}).status_code == 404
    assert not Unfinished.objects.exists()


def test_reopened_question_is_not_forgotten_and_a_closed_one_is(answered: Case, officer: Any) -> None:
    answers.ask_again(answered, text="One thing more", now=NOW + 80 * 24 * HOUR)
    retention.forget(now=NOW + 100 * 24 * HOUR)
    assert Case.objects.filter(pk=answered.pk).exists()
    answers.close(answered, now=NOW + 100 * 24 * HOUR)
    retention.forget(now=NOW + 189 * 24 * HOUR)
    assert Case.objects.filter(pk=answered.pk).exists()
    retention.forget(now=NOW + 191 * 24 * HOUR)
    assert not Case.objects.filter(pk=answered.pk).exists()


def test_names_of_officers_never_reach_who_asked(client: Any, answered: Case, officer: Any) -> None:
    assignment.assign(answered, to=None, seen=officer.pk, by=officer, now=NOW)
    answers.ask_again(answered, text="Once more", now=NOW + 2 * HOUR)
    assert str(officer) not in client.get(tracking(answered)).content.decode()


def test_file_goes_with_what_is_asked_again_and_a_wrong_one_costs_no_text(
    client: Any, answered: Case, officer: Any
) -> None:
    pdf, text = ((CASES / name).read_bytes() for name in ("one-page.pdf", "text-named-pdf.pdf"))
    wrong = [SimpleUploadedFile("wrong.pdf", text), SimpleUploadedFile("scan.pdf", pdf)]
    page = client.post(tracking(answered), {"text": "Here it is", "attachments": wrong})
    said = page.content.decode()
    assert page.status_code == 422 and "Here it is" in said and 'id="id_attachments_error"' in said
    assert "Remove scan.pdf" in said and not answered.files.exists()
    token = page.context["form"].parcel.token
    for _time in range(2):
        assert client.post(tracking(answered), {"text": "Here it is", "draft": token}).status_code == 302
    assert [kept.name for kept in answered.files.all()] == ["scan.pdf"]
    client.force_login(officer)
    assert client.get(reverse("case_file", args=[answered.reference, answered.files.get().uid])).content == pdf
