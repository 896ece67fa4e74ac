"""The mail catcher stands for the world: a button lets a mail come back, and mail to our own domain comes in."""

from __future__ import annotations

import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from delivery import envelope, seals
from delivery.models import Address, Delivery, Inbound
from delivery.states import State
from portal.embedded.answers import ANSWERS
from portal.embedded.processes import free_port, start_module, stop, wait_until
from tests.delivery.test_doors import environment, here, just_sent, lmtp_door

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Catcher:
    smtp: int
    web: int

    def send(self, sender: str, to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as link:
            head = f"From: notices@fairway.example\nTo: {to}\nSubject: Dover – fermé\nMessage-ID: <m@fairway.example>"
            link.sendmail(sender, to, f"{head}\n\nClosed\n".encode())

    def page(self, path: str, data: str = "", **headers: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web}{path}", data.encode() if data else None, headers
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())

    def is_up(self) -> bool:
        try:
            return "caught" in self.page("/")
        except OSError:
            return False


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    where, made = here(), Catcher(free_port(), free_port())
    with lmtp_door(where):
        process = start_module(
            "portal.embedded.mailcatcher", "--smtp-port", str(made.smtp), "--http-port", str(made.web),
            "--lmtp-port", where.rsplit(":", 1)[1], "--domain", "fairway.example",
            environment=environment(), log=tmp_path / "catcher.log",
        )  # fmt: skip
        try:
            wait_until(made.is_up, lambda: process.poll() is None, "The mail catcher", 60)
            yield made
        finally:
            stop(process)


# button → what it is kept as, and what becomes of the delivery
COMES_BACK = {
    "gone": ("bounce", State.BOUNCED),
    "full": ("bounce", State.BOUNCED),
    "blocked": ("bounce", State.BOUNCED),
    "delayed": ("receipt", State.ACCEPTED),
    "delivered": ("receipt", State.DELIVERED),
    "complaint": ("complaint", State.DELIVERED),
    "away": ("automatic", State.ACCEPTED),
}


def test_each_button_lets_the_mail_come_back_as_the_world_would(catcher: Catcher) -> None:
    assert set(COMES_BACK) == set(ANSWERS)
    for number, (what, (kind, state)) in enumerate(COMES_BACK.items(), 1):
        (delivery,) = just_sent(f"{what}@x.example")
        catcher.send(envelope.return_path(delivery.pk), f"{what}@x.example")
        assert ANSWERS[what].label in catcher.page(f"/mail/{number}")
        assert f"{ANSWERS[what].label}: 250 taken" in catcher.page(f"/mail/{number}/back", f"what={what}")
        assert Inbound.objects.get(delivery=delivery).kind == kind, what
        assert Delivery.objects.get(pk=delivery.pk).state == state, what
    assert list(Address.objects.exclude(suppressed_reason="").values_list("key", "suppressed_reason")) == [
        ("complaint@x.example", "complaint")
    ]


def test_mail_to_our_own_domain_comes_in_and_strange_posts_get_nothing(catcher: Catcher) -> None:
    catcher.send("", f"canary+{seals.seal('canary', 7)}@fairway.example")
    assert Inbound.objects.get().number == 7
    assert catcher.page("/mails.json") == "[]"
    with pytest.raises(smtplib.SMTPDataError) as turned_away:
        catcher.send("", "canary+7-0@fairway.example")
    assert turned_away.value.smtp_code == 550
    for path, data, headers in (
        ("/mail/9/back", "what=gone", {}),
        ("/mail/1/back", "what=nonsense", {}),
        ("/mail/1/back", "what=gone", {"Origin": "http://elsewhere.example"}),
        ("/mail", "x", {}),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            catcher.page(path, data, **headers)
        assert refused.value.code == 404
    assert Inbound.objects.count() == 1


def test_other_tabs_show_text_messages_and_webhook_calls_as_text(tmp_path: Path) -> None:
    texts, made = tmp_path / "texts.jsonl", Catcher(free_port(), free_port())
    texts.write_text('{"at": "2027", "to": "+34612345678", "text": "<b>Closed</b>"}\n{"half')
    process = start_module(
        "portal.embedded.mailcatcher", "--smtp-port", str(made.smtp), "--http-port", str(made.web),
        "--texts", str(texts), environment=environment(), log=tmp_path / "catcher.log",
    )  # fmt: skip
    try:
        wait_until(made.is_up, lambda: process.poll() is None, "The mail catcher", 60)
        made.page("/hook", '{"type": "notice.issued", "x": "<i>"}', **{"webhook-id": "msg_1", "X-Other": "no"})
        shown, calls = made.page("/texts"), made.page("/calls")
        assert "+34612345678" in shown and "&lt;b&gt;Closed&lt;/b&gt;" in shown and "half" not in shown
        assert "msg_1" in calls and "&lt;i&gt;" in calls and "X-Other" not in calls
    finally:
        stop(process)
