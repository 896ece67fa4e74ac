"""The situations INT-01 to INT-16 that no other test here names, and clicks that arrive at the same moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from base import links
from base.errors import Conflict
from base.words import Role
from delivery import postman
from delivery.models import Message
from dialogue.cases import answers, assignment, intake, lost_links, mails
from dialogue.cases.models import Case, CaseEntry

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases/intake"
POSTS = {post["name"]: post["fields"] for post in json.loads((CASES / "i-01-form-posts.json").read_text())}


@pytest.fixture
def office() -> Any:
    made = people.organisation()
    people.place("GBDVR", made)
    return made


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed gave, or the refusal it met, begun in the same moment on connections of their own."""
    gate = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return deed()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.mark.django_db(transaction=True)
def test_every_mail_of_the_counter_says_that_no_person_wrote_it(smtp_sink: Any, office: Any) -> None:
    """INT-01: a machine that answers mails sees by itself that it must not."""
    case, officer = people.case(about="GBDVR"), people.person(Role.OFFICER, office)
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW)
    answers.ask_again(case, text="At night too?", now=NOW)
    lost_links.send(email=case.address.value, language="en", ip_prefix="", now=NOW)
    postman.work("personal")
    sent = [message_from_bytes(body, policy=policy.default) for _sender, _to, body in smtp_sink.envelopes]
    assert len(sent) == 6  # confirm, received, answer, again to both, links
    assert {mail["Auto-Submitted"] for mail in sent} == {"auto-generated"}
    assert {mail["X-Auto-Response-Suppress"] for mail in sent} == {"All"}


@pytest.mark.parametrize("name", ["empty.pdf", "text-named-pdf.pdf", "report.error"])
def test_refused_file_gives_no_error_page_and_no_silence(client: Any, name: str) -> None:
    """INT-07 and INT-09: a message beside the field that names the file; the text stays."""
    path = CASES / name
    upload = SimpleUploadedFile(name, path.read_bytes() if path.exists() else b"text", content_type="application/pdf")
    page = client.post("/en/ask/", {**POSTS["ordinary"], "step": "send", "attachments": [upload]})
    text = page.content.decode()
    beside = text[text.index('id="id_attachments_error"') :][:400]
    assert page.status_code == 422 and name in beside and POSTS["ordinary"]["message"] in text
    assert not Case.objects.exists()


def test_nul_in_any_form_of_the_counter_is_removed_and_no_error_of_ours(client: Any, office: Any) -> None:
    """INT-12."""
    fields = {name: f"{value}\0" for name, value in POSTS["ordinary"].items()}
    page = client.post("/en/ask/", {**fields, "about": "GB\0DVR", "step": "send"}, follow=True)
    assert page.status_code == 200 and Case.objects.get().place is not None
    case, officer = intake.verify(Case.objects.get(), now=NOW), people.person(Role.OFFICER, office)
    client.force_login(officer)
    desk, track = reverse("case_detail", args=[case.reference]), links.sign(mails.TRACK, case.uid.hex)
    for where, posted in (
        (desk, {"step": "note", "note-text": "Ask\0ed"}),
        (desk, {"step": "answer", "said": "1", "text": "Y\0es."}),
        (reverse("case_track", args=[track]), {"text": "At ni\0ght?"}),
        (reverse("case_links"), {"email": "a\0@b.example"}),
    ):
        assert client.post(where, posted).status_code == 302, where
    assert client.post(desk, {"step": "give\0", "seen": "\0", "said": "\0"}).status_code < 500
    assert client.get(reverse("case_queue"), {"view": "\0", "kind": "\0"}).status_code < 500
    assert list(case.entries.values_list("text", flat=True)) == ["Asked", "Yes.", "At night?"]


def test_line_break_in_the_subject_reaches_no_mail_of_the_whole_talk(client: Any, office: Any) -> None:
    """INT-13."""
    client.post("/en/ask/", {**POSTS["line break in subject"], "about": "GBDVR", "step": "send"})
    case, officer = intake.verify(Case.objects.get(), now=NOW), people.person(Role.OFFICER, office)
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW)
    answers.ask_again(case, text="At night too?", now=NOW)
    lost_links.send(email=case.address.value, language="en", ip_prefix="", now=NOW)
    subjects = list(Message.objects.values_list("subject", flat=True))
    assert len(subjects) == 6 and not any("\n" in subject or "\r" in subject for subject in subjects)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_question_and_a_reload_sends_nothing(client: Any) -> None:
    """INT-16."""
    ask = intake.ask
    first, second = at_once(*[lambda: ask(question=people.question(), ip_prefix="", now=NOW)] * 2)
    assert first == second and Case.objects.count() == 1 and Message.objects.count() == 1
    page = client.post("/en/ask/", {**POSTS["ordinary"], "step": "send"})
    assert page.status_code == 302  # a reload reads the page after it and posts nothing
    before = Message.objects.count()
    assert [client.get(page.url).status_code for _time in range(2)] == [200, 200]
    assert Message.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_of_officers_who_take_at_the_same_moment_one_has_it_and_the_others_are_told(office: Any) -> None:
    case = people.case(about="GBDVR")
    officers = [people.person(Role.OFFICER, office) for _number in range(3)]
    results = at_once(
        *(lambda one=one: assignment.assign(case_of(case), to=one, seen=None, by=one, now=NOW) for one in officers)
    )
    case.refresh_from_db()
    assert case.assignee in officers and case.entries.count() == 1
    assert sum(isinstance(result, assignment.TakenMeanwhile) for result in results) == 2
    assert all(str(case.assignee) in str(result) for result in results if isinstance(result, Conflict))


@pytest.mark.django_db(transaction=True)
def test_answers_sent_at_the_same_moment_are_one_of_one_person_and_never_two(office: Any) -> None:
    case = people.case(about="GBDVR")
    first, second = (people.person(Role.OFFICER, office) for _number in range(2))
    twice = at_once(
        *[lambda: answers.answer(case_of(case), by=first, text="Yes.", seen=1, now=NOW)] * 2,
        lambda: answers.answer(case_of(case), by=second, text="No.", seen=1, now=NOW),
    )
    assert case.entries.filter(kind=CaseEntry.Kind.ANSWER).count() == 1
    assert Message.objects.filter(publication__key__contains=":answer:").count() == 1
    assert any(isinstance(result, answers.AnsweredAlready) for result in twice)


@pytest.mark.django_db(transaction=True)
def test_words_sent_twice_at_the_same_moment_count_once(office: Any) -> None:
    case = people.case(about="GBDVR")
    at_once(*[lambda: answers.ask_again(case_of(case), text="At night too?", now=NOW)] * 2)
    case.refresh_from_db()
    assert case.entries.count() == 1 and case.said == 2


def case_of(case: Case) -> Case:
    """The row as another request reads it."""
    read: Case = Case.objects.get(pk=case.pk)
    return read
