"""What the world may answer to a mail: reports, a complaint, an absence note; for trying out. No Django import."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

PATIENCE_S = 20


@dataclass(frozen=True)
class Answer:
    """One button. `action` and `status` as in RFC 3464; without them it is a complaint or a person's or program's."""

    label: str
    action: str = ""
    status: str = ""
    words: str = ""


ANSWERS = {
    "gone": Answer("No such mailbox", "failed", "5.1.1", "550 5.1.1 No such user here"),
    "full": Answer("Mailbox full", "failed", "5.2.2", "552 5.2.2 Mailbox full"),
    "blocked": Answer("Refused by policy", "failed", "5.7.1", "550 5.7.1 Not allowed here"),
    "delayed": Answer("Delayed", "delayed", "4.4.1", "451 4.4.1 Connection timed out"),
    "delivered": Answer("Delivered", "delivered", "2.0.0", "250 2.0.0 Delivered"),
    "complaint": Answer("Reported as unwanted"),
    "away": Answer("Out of office"),
}


def answer(what: str, *, mail: EmailMessage, sender: str, to: str) -> bytes:
    """The mail that comes back for `mail`, which went from the envelope address `sender` to `to`."""
    chosen = ANSWERS[what]
    if what == "away":
        return _absence(mail, sender, to)
    report = _complaint() if what == "complaint" else _status(chosen, to)
    head = f"Message-ID: {mail['Message-ID']}\nReturn-Path: <{sender}>\nTo: {to}\nSubject: {_subject(mail)}\n"
    kind = "feedback-report" if what == "complaint" else "delivery-status"
    return _joined(_head(f"{chosen.label}: {_subject(mail)}", sender), kind, chosen.label, report, head)


def hand_in(raw: bytes, *, to: str, sender: str, host: str, port: int) -> str:
    """Hands a mail to an LMTP server; what it said."""
    try:
        with smtplib.LMTP(host, port, timeout=PATIENCE_S) as link:
            link.sendmail(sender, to, raw)
    except smtplib.SMTPRecipientsRefused as refused:
        return " ".join(str(part) for part in next(iter(refused.recipients.values())))
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__}: {error}"
    return "250 taken"


def _subject(mail: EmailMessage) -> str:
    return " ".join(str(mail["Subject"] or "").split())


def _head(subject: str, to: str) -> EmailMessage:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = "Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>"
    made["To"], made["Subject"], made["Date"] = to, subject, format_datetime(datetime.now(UTC))
    made["Message-ID"] = make_msgid(domain="mx.elsewhere.example")
    made["Auto-Submitted"] = "auto-replied"
    return made


def _status(chosen: Answer, to: str) -> str:
    return (
        "Reporting-MTA: dns; mx.elsewhere.example\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {chosen.action}\nStatus: {chosen.status}\n"
        f"Diagnostic-Code: smtp; {chosen.words}\n"
    )


def _complaint() -> str:
    return "Feedback-Type: abuse\nUser-Agent: Elsewhere/1.0\nVersion: 1\n"


def _joined(made: EmailMessage, kind: str, words: str, report: str, returned: str) -> bytes:
    made["MIME-Version"] = "1.0"
    made["Content-Type"] = f'multipart/report; report-type={kind}; boundary="back"'
    said = ("text/plain; charset=utf-8", f"{words}.\n")
    parts = (said, (f"message/{kind}", report), ("text/rfc822-headers", returned))
    body = "".join(f"--back\nContent-Type: {name}\n\n{text}\n" for name, text in parts) + "--back--\n"
    head = "".join(policy.SMTP.fold(name, value) for name, value in made.items())
    return f"{head}\r\n{body}".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _absence(mail: EmailMessage, sender: str, to: str) -> bytes:
    note = EmailMessage(policy=policy.SMTP)
    note["From"], note["To"], note["Subject"] = to, sender, f"Out of office: {_subject(mail)}"
    note["Date"], note["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain="elsewhere.example")
    note["In-Reply-To"], note["Auto-Submitted"] = str(mail["Message-ID"]), "auto-replied"
    note.set_content("I am away until Monday.\n")
    return note.as_bytes()


def is_for(domain: str, address: str) -> bool:
    return parseaddr(address)[1].rpartition("@")[2].casefold() == domain.casefold()
