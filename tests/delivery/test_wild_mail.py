"""Reports and automatic answers in the shapes that mail systems really send them, shortened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery import inbound
from delivery.inbound import Kind
from delivery.verdicts import verdict

WILD = json.loads((Path(__file__).parent.parent / "data" / "wild-mail.json").read_text())


def dsn(fields: str, *, outer: str = "multipart/report", extra: str = "") -> bytes:
    return (
        "From: Mail Delivery <MAILER-DAEMON@mx.example>\nTo: bounce+1-0@fairway.example\n"
        f"Subject: Undeliverable: Dover\n{extra}"
        f'MIME-Version: 1.0\nContent-Type: {outer}; report-type=delivery-status; boundary="x"\n\n--x\n'
        f"Content-Type: text/plain\n\nSorry.\n\n--x\nContent-Type: message/delivery-status\n\n{fields}\n--x\n"
        "Content-Type: message/rfc822\n\nSubject: Dover\nAuto-Submitted: auto-generated\n\nClosed\n--x--\n"
    ).encode()


def named(mail: str) -> str:
    return mail.partition("\n")[0][9:40]


@pytest.mark.parametrize("system", WILD["reports"])
def test_report_of_each_system_is_read_to_its_cause(system: str) -> None:
    fields, fault = WILD["reports"][system]["fields"], WILD["reports"][system]["fault"]
    for outer in ("multipart/report", "multipart/mixed"):
        for ends in (b"\n", b"\r\n"):
            reading = inbound.read(dsn(fields, outer=outer).replace(b"\n", ends), personal=False)
            assert (reading.kind, reading.action) == (Kind.BOUNCE, "failed")
            assert verdict(reading.status, reading.diagnostic).fault == fault


@pytest.mark.parametrize(
    "extra", ["Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated (failure)\n", ""]
)
def test_report_that_came_to_an_address_for_people_is_no_question(extra: str) -> None:
    reading = inbound.read(dsn(WILD["reports"]["exchange"]["fields"], extra=extra), sender="", personal=True)
    assert reading.kind == Kind.BOUNCE


def test_receipt_of_reading_is_automatic() -> None:
    raw = (
        b"From: Ann <ann@x.example>\nSubject: Read: Dover\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"\n\n--x\n'
        b"Content-Type: text/plain\n\nRead.\n\n--x\nContent-Type: message/disposition-notification\n\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\n\n--x--\n"
    )
    assert inbound.read(raw).kind == Kind.AUTOMATIC


@pytest.mark.parametrize("system", WILD["words"])
def test_report_in_words_alone_says_whether_it_is_final(system: str) -> None:
    said = WILD["words"][system]
    reading = inbound.read(f"From: MAILER-DAEMON@mx.example\n{said['mail']}\n".encode(), personal=False)
    kind = Kind.BOUNCE if said["action"] == "failed" else Kind.RECEIPT
    assert (reading.kind, reading.action, reading.status) == (kind, said["action"], said["status"])


def test_report_about_a_mailbox_in_other_letters_is_read() -> None:
    """RFC 6533: several groups under a type that no parser knows of."""
    fields = WILD["reports"]["postfix, one of three still waits"]["fields"].replace("rfc822;", "utf-8;")
    raw = dsn(fields).replace(b"message/delivery-status", b"message/global-delivery-status")
    reading = inbound.read(raw, personal=False)
    assert (reading.kind, reading.status, reading.recipient) == (Kind.BOUNCE, "5.1.1", "desk@x.example")


def test_report_without_the_mail_that_it_is_about_is_read() -> None:
    raw = dsn(WILD["reports"]["postfix"]["fields"])
    raw = raw.partition(b"--x\nContent-Type: message/rfc822")[0] + b"--x--\n"
    assert inbound.read(raw, personal=False).status == "5.1.1"


def test_report_that_a_person_hands_on_is_a_question() -> None:
    inner = dsn(WILD["reports"]["postfix"]["fields"]).decode()
    raw = (
        "From: Ann <ann@x.example>\nSubject: Why did I get this?\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\nContent-Type: text/plain\n\nSee below.\n'
        f"--outer\nContent-Type: message/rfc822\n\n{inner}\n--outer--\n"
    ).encode()
    assert inbound.read(raw, sender="ann@x.example").kind == Kind.HUMAN


@pytest.mark.parametrize("mail", WILD["automatic"], ids=named)
def test_automatic_answer_in_the_wild_is_no_question(mail: str) -> None:
    head = "" if "\nFrom:" in mail else "From: Somebody <desk@x.example>\n"
    raw = f"{head}To: notices@fairway.example\n{mail}\n".encode()
    assert inbound.read(raw, sender="desk@x.example").kind == Kind.AUTOMATIC


@pytest.mark.parametrize("mail", WILD["people"], ids=named)
def test_person_in_the_wild_is_heard(mail: str) -> None:
    assert inbound.read(f"From: Ann <ann@x.example>\n{mail}\n".encode(), sender="ann@x.example").kind == Kind.HUMAN
