"""Questions by mail: one question, one mail back; nobody speaks for another; machines get nothing."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from contacts.models import Subscription
from delivery import addresses, envelope, intake, postman
from delivery.models import Delivery, Inbound, Message
from dialogue.cases import answers, by_mail
from dialogue.cases.models import Case, CaseEntry
from tests.delivery.post import case as mail_of

from .people import NOW

pytestmark = pytest.mark.django_db
ASKER = "dispatch@kestrel-freight.example"


def arrives(raw: bytes, *, minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    intake.take(raw, to="questions@fairway.example", sender="somebody@x.example", door="lmtp", now=at)


def mail(
    sender: str = ASKER, *, subject: str = "Second driver", body: str = "At night too?", **headers: str
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "questions@fairway.example", subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


def fetch(*, minutes: int = 1) -> int:
    return by_mail.fetch(now=NOW + timedelta(minutes=minutes))


def test_question_by_mail_is_one_question_with_one_mail_back_that_says_it_is_automatic(smtp_sink: Any) -> None:
    """m-01; INT-13: earlier mails are not taken twice."""
    arrives(mail_of("m-01"))
    assert (fetch(), fetch()) == (1, 0)
    case = Case.objects.get()
    assert (case.address.key, case.name, case.state) == ("imports@tidewater.example", "Noor Haddad", "unverified")
    assert case.subject == "Perishables during the Dover downtime"
    assert case.message.startswith("We have two lorries") and case.message.endswith("4 °C.")
    assert case.reference in Message.objects.get().subject
    postman.work("personal")
    ((sender, to, content),) = smtp_sink.envelopes
    assert (sender.startswith("bounce+"), to) == (True, "imports@tidewater.example")
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in content
    row = Inbound.objects.get()
    assert (row.raw, row.fetched_at is not None) == (None, True)


def test_machines_open_no_question_and_get_nothing() -> None:
    """DEL-19, INT-01"""
    for name in ("b-04", "b-05"):
        arrives(mail_of(name))
    assert fetch() == 0
    assert not Case.objects.exists() and not Message.objects.exists()


def test_same_mail_through_two_doors_or_sent_twice_is_one_question() -> None:
    arrives(mail())
    arrives(mail())
    arrives(mail(Date="Mon, 01 Mar 2027 09:00:00 +0000"))
    assert fetch() == 2
    assert Case.objects.count() == 1


def test_answer_to_a_mail_of_ours_from_the_address_it_went_to_asks_again(case: Case, officer: Any) -> None:
    """m-02, with the signed id that our own mails have"""
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW)
    ours = Delivery.objects.get(publication__key=f"case:{case.uid}:answer:{case.said}")
    cited = "At night too?\n\nOn Mon, 1 Mar 2027, Customs wrote:\n> Yes.\n"
    arrives(mail(f"Disp <{ASKER.upper()}>", subject="AW: x", body=cited, In_Reply_To=envelope.message_id(ours.pk)))
    assert fetch() == 1
    case.refresh_from_db()
    assert (Case.objects.count(), case.state) == (1, "open")
    assert case.entries.get(kind=CaseEntry.Kind.ASKED_AGAIN).text == "At night too?"


def test_nobody_adds_to_the_question_of_another_by_name_or_number(case: Case, officer: Any) -> None:
    answers.answer(case, by=officer, text="Yes.", seen=1, now=NOW)
    answers.ask_again(case, text="And now?", now=NOW)
    ours = Delivery.objects.get(publication__key=f"case:{case.uid}:answer:2")
    desk = Delivery.objects.get(publication__key=f"case:{case.uid}:again:3:desk")
    forged = f"<{ours.pk:x}-{'0' * 20}@fairway.example>"
    arrives(mail(subject=f"Re: [{case.reference}]", In_Reply_To=forged))
    arrives(mail("other@x.example", In_Reply_To=envelope.message_id(ours.pk)))
    arrives(mail(officer.email, In_Reply_To=envelope.message_id(desk.pk)))
    assert fetch() == 3
    assert case.entries.filter(kind=CaseEntry.Kind.ASKED_AGAIN).count() == 1
    assert Case.objects.filter(state="unverified").count() == 3


def test_broken_mail_stops_none_after_it_and_no_line_break_reaches_a_subject() -> None:
    """INT-13"""
    arrives(b"From: nobody\r\nSubject: x\r\n\r\nHello\r\n")
    arrives(b"From: =?x-none?q?a?= <a@x.example>\r\nSubject: Internet\r\n down =?utf-8?q?=0D=0ABcc:_b@x?=\r\n"
            b"Content-Type: text/plain; charset=none\r\n\r\nH\xe9llo\0\r\n")  # fmt: skip
    arrives(b"From: c@x.example\r\nContent-Type: multipart/mixed\r\n\r\n\r\n")
    assert fetch() == 2
    one, two = Case.objects.order_by("pk")
    assert (one.subject, "\n" in one.subject, two.subject) == ("Internet down Bcc: b@x", False, "Question by e-mail")
    lost = Inbound.objects.order_by("pk").first()
    assert lost is not None and lost.raw is not None  # nobody can be answered; kept for a while
    assert fetch() == 0


def test_html_alone_is_read_as_words_and_files_are_named_but_not_taken() -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = ASKER, "questions@fairway.example", "Driver"
    made.set_content("<html><body><p>May a <b>second</b> driver travel?</p></body></html>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="permit.pdf")
    arrives(made.as_bytes())
    fetch()
    message = Case.objects.get().message
    assert message.startswith("May a second driver travel?")
    assert "permit.pdf" in message and "<b>" not in message


def test_flood_from_one_sender_waits_and_holds_nobody_else_up() -> None:
    for number in range(30):
        arrives(mail("flood@one.example", body=f"Question {number}"))
    arrives(mail("other@two.example"))
    assert fetch() < 31
    assert Case.objects.filter(address__key="other@two.example").exists()
    assert Case.objects.filter(address__key="flood@one.example").count() == 6
    waiting = Inbound.objects.filter(fetched_at=None).count()
    assert waiting == 24
    assert fetch(minutes=120) > 0


def test_mail_back_is_in_the_language_that_the_reader_chose() -> None:
    Subscription.objects.create(
        address=addresses.get_or_create(ASKER), state="confirmed", language="fr", created_at=NOW, confirmed_at=NOW
    )
    arrives(mail())
    fetch()
    assert Case.objects.get().language == "fr"
