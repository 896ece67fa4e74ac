"""The link to a question, once more: for whoever reads that mailbox and for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from base import links
from delivery.models import Delivery, Message
from dialogue.cases import answers, lost_links, mails
from dialogue.cases.models import Case

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
ASK = reverse("case_links")
MAILBOX = "dispatch@kestrel-freight.example"


def again() -> list[Message]:
    return list(Message.objects.filter(publication__key__startswith="case.links:").order_by("pk"))


def send(email: str = MAILBOX, *, network: str = "", minutes: int = 0) -> None:
    lost_links.send(email=email, language="en", ip_prefix=network, now=NOW + timedelta(minutes=minutes))


def test_links_of_all_confirmed_questions_come_by_mail_and_open_them(client: Any) -> None:
    first, second = people.case(), people.case(subject="Other")
    answers.close(first, now=NOW)
    people.case(subject="Never confirmed", verified=False)
    people.case(email="somebody@else.example", subject="Not mine")
    page = client.post(ASK, {"email": "  Dispatch@Kestrel-Freight.example "}, follow=True)
    assert page.status_code == 200 and "a mail with its link is on its way" in page.content.decode()
    (mail,) = again()
    assert Delivery.objects.get(message=mail).address.key == MAILBOX
    opened = re.findall(r"http://localhost:8000(/en/ask/track/\S+)", mail.text)
    assert len(opened) == 2 and all(f'href="http://localhost:8000{path}"' in mail.html for path in opened)
    pages = [client.get(path).content.decode() for path in opened]
    for case in (first, second):
        assert sum(str(case.reference) in page for page in pages) == 1
    assert "Never confirmed" not in mail.text and "Not mine" not in mail.text


# SEC-01
def test_unknown_mailbox_gets_the_same_answer_and_no_mail(client: Any) -> None:
    people.case()
    pages = [client.post(ASK, {"email": email}) for email in (MAILBOX, "nobody@else.example")]
    assert pages[0].status_code == pages[1].status_code == 302 and pages[0].url == pages[1].url
    assert len(again()) == 1


def test_question_that_was_never_confirmed_sends_nothing() -> None:
    people.case(verified=False)
    send()
    assert not again()


def test_mailbox_is_not_flooded_and_nobody_can_tell(client: Any) -> None:
    people.case()
    for number in range(5):
        send(network=f"192.0.{number}.0/24", minutes=number)
    assert len(again()) == 3
    assert client.post(ASK, {"email": MAILBOX}).status_code == 302
    send(minutes=61)
    assert len(again()) == 4


def test_network_is_slowed_down_whoever_it_asks_for(client: Any) -> None:
    for number in range(30):
        assert client.post(ASK, {"email": f"person{number}@else.example"}).status_code == 302
    page = client.post(ASK, {"email": "one.more@else.example"})
    assert page.status_code == 429 and "one.more@else.example" in page.content.decode()


@pytest.mark.parametrize("typed", ["", "no address", "a@b@c"])
def test_what_is_no_address_is_refused_at_the_field(client: Any, typed: str) -> None:
    page = client.post(ASK, {"email": typed})
    assert page.status_code == 422 and 'href="#id_email"' in page.content.decode()


def test_mail_speaks_the_language_of_the_page(client: Any) -> None:
    people.case()
    client.post("/fr/ask/link/", {"email": MAILBOX})
    (mail,) = again()
    assert mail.language == "fr" and "/fr/ask/track/" in mail.text


def test_broken_old_and_forgotten_links_lead_to_a_new_one(client: Any) -> None:
    case = people.case()
    good = links.sign(mails.TRACK, case.uid.hex)
    forgotten = links.sign(mails.TRACK, "0" * 32)
    for name, token in (("case_track", good[:-4]), ("case_track", forgotten), ("case_verify", "nonsense")):
        page = client.get(reverse(name, args=[token]))
        assert page.status_code == 404 and f'href="{ASK}"' in page.content.decode()
    assert Case.objects.count() == 1
