"""What a mail looks like on the wire: headers that can carry any title and nothing else, bodies of any text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from base.words import Lane
from delivery import envelope, outbox, seals
from delivery.models import Message
from delivery.sealed import GREETING, LEAVE_URL, Sealed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CASES = json.loads((Path(__file__).parents[1] / "cases" / "mail" / "t-01-subjects.json").read_text("utf-8"))


def raw(lane: str = Lane.ROUTINE, *, greeting: str = "Ann", eight_bit: bool = True, **texts: Any) -> bytes:
    sealed = Sealed(**{"language": "en", "subject": "s", "text": f"{GREETING}\n{LEAVE_URL}\n", **texts})
    publication = outbox.open(
        key="k", lane=lane, messages=[sealed], audience={}, give_up_at=NOW + timedelta(hours=1), now=NOW
    )
    letter = envelope.build(Message.objects.get(publication=publication))
    return letter.to(delivery_id=7, address_id=8, to=b"ann@x.example", greeting=greeting, eight_bit=eight_bit)


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["expected"])
def test_every_title_arrives_as_one_subject_and_no_other_header(case: dict[str, str]) -> None:
    """DEL-28"""
    content = raw(subject=case["title"])
    mail = parsed(content)
    assert mail["Subject"] == " ".join(case["title"].split())
    assert "Bcc" not in mail
    head = content.split(b"\r\n\r\n", 1)[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    subject = head.split(b"Subject:", 1)[1].split(b"\r\nDate:", 1)[0]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?.*?\?=", subject))
    if case["title"].isascii():
        assert b"=?" not in subject


def test_bulk_mail_names_list_help_archive_and_one_click_way_out(settings: Any) -> None:
    mail = parsed(raw())
    leave = f"{settings.FAIRWAY_SITE_URL}/leave/{seals.seal('leave', 8)}"
    assert mail["List-Unsubscribe"] == f"<{leave}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == f"<{settings.FAIRWAY_LIST_DOMAIN}>"
    assert mail["List-Help"] and mail["List-Archive"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == envelope.message_id(7)
    assert mail["To"] == "ann@x.example"


def test_each_header_stands_once() -> None:
    names = [name.lower() for name in parsed(raw(headers={"References": "<notice.1@fairway.example>"}))]
    assert len(names) == len(set(names))
    assert "references" in names


def test_personal_mail_offers_no_way_out_of_a_list() -> None:
    mail = parsed(raw(Lane.PERSONAL))
    assert "List-Unsubscribe" not in mail
    assert "List-Id" not in mail
    assert mail["Auto-Submitted"] == "auto-generated"


def test_header_of_a_message_cannot_smuggle_another() -> None:
    mail = parsed(raw(headers={"References": "<a@b>\r\nBcc: all@list.example"}))
    assert "Bcc" not in mail


@pytest.mark.parametrize("eight_bit", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "Zażółć gęślą jaźń – 🚫\n",
        ".\n..\n.leading dots\n",
        "x" * 3_000 + "\n",
        "mixed\r\nends\rof\nlines\n",
        "= =20 =\n",
    ],
)
def test_any_text_arrives_as_written(text: str, eight_bit: bool) -> None:
    content = raw(text=f"{GREETING}\n{text}{LEAVE_URL}\n", html=f"<p>{GREETING}</p>", eight_bit=eight_bit)
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    body = parsed(content).get_body(("plain",))
    assert body is not None
    seen = body.get_content().replace("\r\n", "\n")
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    assert seen.strip("\n") == f"Ann\n{wanted}{envelope.leave_url(8)}"


def test_name_in_the_greeting_is_text_and_never_markup() -> None:
    mail = parsed(raw(greeting="<b>Ann & Co</b>", html=f"<p>{GREETING}</p>"))
    page = mail.get_body(("html",))
    assert page is not None
    assert "<b>" not in page.get_content()
    assert "Ann &amp; Co" in page.get_content()
