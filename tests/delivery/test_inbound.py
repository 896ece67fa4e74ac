"""What a mail that comes back is, from the case list, from what mail systems really send, and from what is broken."""

from __future__ import annotations

import base64
import random
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import inbound, seals
from delivery.inbound import Kind

from .post import CASES

FILES = sorted(CASES.glob("[bm]-*.eml"))


def mail(
    subject: str = "Dover", body: str = "Which form do we use?", sender: str = "Noor <noor@x.example>", **headers: str
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "questions@fairway.example", subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


@pytest.mark.parametrize(
    ("name", "kind", "action", "status"),
    [
        ("b-01", Kind.BOUNCE, "failed", "5.1.1"),  # DEL-26
        ("b-02", Kind.RECEIPT, "delayed", "4.4.1"),  # DEL-16
        ("b-03", Kind.BOUNCE, "failed", "5.2.2"),
        ("b-04", Kind.AUTOMATIC, "", ""),  # DEL-19
        ("b-05", Kind.AUTOMATIC, "", ""),  # INT-01
        ("m-01", Kind.HUMAN, "", ""),
        ("m-02", Kind.HUMAN, "", ""),
    ],
)
def test_mail_of_the_case_list_is_what_it_is(name: str, kind: Kind, action: str, status: str) -> None:
    reading = inbound.read(next(CASES.glob(f"{name}*")).read_bytes())
    assert (reading.kind, reading.action, reading.status) == (kind, action, status)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<chat.x.example>"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@x.example"},
        {"sender": "Shop <no-reply@x.example>"},
        {"subject": "Automatic reply: Dover"},
        {"subject": "Abwesenheitsnotiz: Dover"},
        {"subject": "Réponse automatique : Douvres"},
        {"subject": "Respuesta automática: Dover"},
        {"subject": "[Ticket#2027021388] Dover", "body": "Your ticket has been created."},
        {"subject": "Re: Dover [Case 88120]", "body": "Hemos recibido su mensaje."},
        {"subject": "#4711 Votre demande a bien été enregistrée", "body": "Bonjour"},
    ],
)
def test_automatic_answer_is_known_by_what_systems_write(headers: dict[str, str]) -> None:
    assert inbound.read(mail(**headers)).kind == Kind.AUTOMATIC


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"subject": "Re: [PD-2027-0412] Dover", "body": "We have received your notice. Does it hold for lorries?"},
        {"subject": "AW: [Q-2027-000318] Dover", "body": "Thank you for contacting us. What about tomorrow?"},
        {"subject": "Question about ticket 4711", "body": "Who has it?"},
        {"subject": "Office hours?", "body": "> Your ticket has been created.\nWho has it? [1234]"},
    ],
)
def test_person_who_writes_is_never_taken_for_a_machine(headers: dict[str, str]) -> None:
    assert inbound.read(mail(**headers)).kind == Kind.HUMAN


def test_nobody_writes_by_hand_to_the_address_of_bounces() -> None:
    assert inbound.read(mail(), personal=False).kind == Kind.AUTOMATIC
    assert inbound.read(mail(), sender="<>").kind == Kind.AUTOMATIC


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_report_that_is_no_failure_is_a_receipt(action: str) -> None:
    raw = (CASES / "b-01-no-such-user.eml").read_bytes().replace(b"Action: failed", f"Action: {action}".encode())
    reading = inbound.read(raw)
    assert (reading.kind, reading.action) == (Kind.RECEIPT, action)


def test_report_without_an_action_speaks_by_its_status() -> None:
    raw = (CASES / "b-01-no-such-user.eml").read_bytes().replace(b"Action: failed\r\n", b"")
    assert inbound.read(raw).action == "failed"
    assert inbound.read(raw.replace(b"Status: 5.1.1", b"Status: 4.4.7")).action == "delayed"


def test_status_that_says_nothing_gives_way_to_the_servers_words() -> None:
    raw = (CASES / "b-01-no-such-user.eml").read_bytes().replace(b"Status: 5.1.1", b"Status: 5.0.0")
    assert inbound.read(raw).status == "5.1.1"


def test_report_encoded_on_its_way_is_read() -> None:
    raw = (CASES / "b-03-mailbox-full.eml").read_bytes()
    head, _mark, rest = raw.partition(b"Content-Type: message/delivery-status\r\n\r\n")
    report, mark, tail = rest.partition(b"\r\n--b0undary")
    coded = b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
        report
    )
    assert inbound.read(head + coded + mark + tail).status == "5.2.2"


def test_exims_report_in_words_is_a_bounce() -> None:
    words = "A message that you sent could not be delivered.\n\n  desk@x.example\n    550 5.1.1 No such user here\n"
    raw = mail("Mail delivery failed: returning message to sender", words, "Mail <Mailer-Daemon@mx.x.example>",
               X_Failed_Recipients="desk@x.example", Auto_Submitted="auto-replied")  # fmt: skip
    reading = inbound.read(raw, sender="", personal=False)
    assert (reading.kind, reading.status, reading.recipient) == (Kind.BOUNCE, "5.1.1", "desk@x.example")


def test_qmails_report_in_words_is_a_bounce_and_a_delay_is_none() -> None:
    words = (
        "Hi. This is the qmail-send program at mx.x.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<desk@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    )
    assert inbound.read(mail("failure notice", words, "MAILER-DAEMON@mx.x.example"), personal=False).status == "5.1.1"
    late = mail("Warning: message delayed 24 hours", "It could not be delivered yet.", "MAILER-DAEMON@mx.x.example")
    assert inbound.read(late, personal=False).kind == Kind.RECEIPT


def complaint(feedback: str, seal: str) -> bytes:
    return (
        "From: <fbl@provider.example>\nTo: <abuse@fairway.example>\nSubject: FW: Dover\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n'
        "Content-Type: text/plain\n\nThis is an e-mail abuse report.\n\n--b\n"
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {feedback}\nUser-Agent: F/1\nVersion: 1\n\n--b\n"
        f"Content-Type: message/rfc822\n\nReturn-Path: <bounce+{seal}@fairway.example>\nSubject: Dover\n\n"
        "Text\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [
        ("abuse", Kind.COMPLAINT),
        ("fraud", Kind.COMPLAINT),
        ("not-spam", Kind.AUTOMATIC),
        ("auth-failure", Kind.AUTOMATIC),
    ],
)
def test_complaint_names_the_signed_mail_it_is_about(feedback: str, kind: Kind) -> None:
    reading = inbound.read(complaint(feedback, seals.seal("bounce", 4711)))
    assert reading.kind == kind
    assert reading.seals == ((seals.seal("bounce", 4711),) if kind == Kind.COMPLAINT else ())


@pytest.mark.parametrize(
    ("fields", "original"),
    [
        ("Original-Mail-From: <bounce+{bounce}@fairway.example>\nUser-Agent: Yahoo!-Mail-Feedback/2.0", "Subject: x"),
        ("User-Agent: F/1", "Message-Id:\n <{message}@fairway.example>\nSubject: x"),
        ("User-Agent: F/1", "message-id: <{message}@fairway.example>\n\nx"),
    ],
)
def test_complaint_may_carry_little_of_the_mail(fields: str, original: str) -> None:
    mail_seals = {"bounce": seals.seal("bounce", 4711), "message": seals.seal("message", 4711)}
    raw = complaint("ABUSE", "none").replace(b"User-Agent: F/1", fields.format(**mail_seals).encode())
    head = b"Return-Path: <bounce+none@fairway.example>\nSubject: Dover"
    raw = raw.replace(head, original.format(**mail_seals).encode())
    reading = inbound.read(raw)
    assert (reading.kind, len(reading.seals)) == (Kind.COMPLAINT, 1)


def test_complaint_as_microsoft_sends_it_is_the_mail_under_a_subject_of_its_own() -> None:
    seal = seals.seal("bounce", 4711)
    raw = (
        "From: staff@hotmail.example\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n'
        f"X-HmXmrOriginalRecipient: x@hotmail.example\nReturn-Path: bounce+{seal}@fairway.example\n\nx\n--b--\n"
    )
    reading = inbound.read(raw.encode(), sender="staff@hotmail.example")
    assert (reading.kind, reading.seals) == (Kind.COMPLAINT, (seal,))
    assert inbound.read(raw.replace(seal, "none").encode(), sender="staff@hotmail.example").kind == Kind.HUMAN


@pytest.mark.parametrize("subject", ["=?utf-8?B?SGVsbG8gd?=", "=?\xfctf-8?Q?x?=", "=?utf-8?B?" + "A" * 61 + "?="])
def test_subject_that_nobody_can_decode_makes_no_report_and_no_question_automatic(subject: str) -> None:
    question = f"From: Noor <noor@x.example>\nSubject: {subject}\n\nWhich form do we use?\n".encode()
    assert inbound.read(question, sender="noor@x.example").kind == Kind.HUMAN
    report = re.sub(rb"(?m)^Subject: .*$", f"Subject: {subject}".encode(), next(CASES.glob("b-01*")).read_bytes())
    assert inbound.read(report, personal=False).kind == Kind.BOUNCE


def test_nothing_that_is_broken_or_deep_makes_it_raise() -> None:
    deep = b"From: a@x.example\nContent-Type: message/rfc822\n\n" * 5_000
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000))
    for raw in (b"", b"\0" * 500, b"\r\n\r\n", deep, nested, b"Subject: =?x-unknown?q?a?=\n\n", b"\xff" * 300_000):
        assert inbound.read(raw).kind in Kind


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem[:4])
def test_mail_damaged_anywhere_is_read_all_the_same(file: object) -> None:
    raw = file.read_bytes()  # type: ignore[attr-defined]
    dice = random.Random(4711)
    for _try in range(150):
        broken = bytearray(raw)
        for _ in range(dice.randint(1, 30)):
            at = dice.randrange(len(broken))
            broken[at : at + dice.randint(0, 9)] = dice.randbytes(dice.randint(0, 9))
        assert inbound.read(bytes(broken[: dice.randint(1, len(broken))])).kind in Kind


@given(st.binary(max_size=2_000), st.text(max_size=60))
def test_whatever_octets_come_have_a_kind(raw: bytes, sender: str) -> None:
    assert inbound.read(raw, sender=sender).kind in Kind
    head = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    assert inbound.read(head + raw).kind in Kind
