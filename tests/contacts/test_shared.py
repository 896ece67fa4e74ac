"""Mailboxes that several people read are not taken off by one click but asked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from base.models import AuditEntry
from contacts import shared, subscribe
from contacts.models import Membership, Refusal
from delivery import intake, seals
from delivery.models import Address, Message, Publication
from tests.delivery import post
from tests.delivery.test_inbound import complaint

from .book import NOW, address, member_list, membership

pytestmark = pytest.mark.django_db
ONE_CLICK = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")


def click(address_id: int) -> object:
    """The button of a mail program: no cookie, no token."""
    link = reverse("leave", args=[seals.seal("leave", address_id)])
    return Client(enforce_csrf_checks=True).post(link, ONE_CLICK[0], content_type=ONE_CLICK[1])


@pytest.mark.parametrize(
    "name",
    ["info", "office", "ops", "customs", "Ops.Dover", "import-desk", "info+dover", "douane", "aduanas", "trafico",
     "exploitation", "despacho2", "bcn.operaciones"],
)  # fmt: skip
def test_desk_is_known_by_its_name(name: str) -> None:
    assert shared.is_shared(Address(key=f"{name.casefold()}@x.example"))


@pytest.mark.parametrize("name", ["noor.haddad", "j.export-ardo", "opsahl", "informer", "dupont", "m", "4711"])
def test_person_is_not_taken_for_a_desk(name: str) -> None:
    assert not shared.is_shared(address(f"{name}@x.example"))


def test_mailbox_on_two_memberships_is_shared_while_both_are_active() -> None:
    one, _two = (membership(member_list(), "noor@x.example") for _ in range(2))
    assert shared.is_shared(one.address)
    one.state = Membership.State.LEFT
    one.save()
    assert not shared.is_shared(one.address)


def test_one_click_at_a_shared_mailbox_asks_by_mail_and_takes_nobody_out() -> None:
    kept = membership(member_list(), "office@x.example", language="fr")
    assert click(kept.address_id).status_code == 200
    kept.refresh_from_db()
    assert (kept.state, Refusal.objects.exists()) == ("active", False)
    letter = Message.objects.get()
    assert (letter.publication.lane, letter.language) == ("personal", "fr")
    assert AuditEntry.objects.get(action="leave.ask").target == f"address:{kept.address_id}"
    page = re.search(r"https?://[^/\s]+(/\S+)", letter.text)[1]  # type: ignore[index]
    client = Client()
    assert client.get(page).status_code == 200
    kept.refresh_from_db()
    assert kept.state == "active"
    client.post(page, {"what": "everything"})
    kept.refresh_from_db()
    assert (kept.state, Refusal.objects.get().way) == ("left", "page")


@pytest.mark.parametrize(("reason", "state"), [("full", "active"), ("bounced", "active"), ("complaint", "left")])
def test_one_click_at_a_shared_mailbox_that_is_full_asks_too(reason: str, state: str) -> None:
    kept = membership(member_list(), "office@x.example")
    Address.objects.filter(pk=kept.address_id).update(suppressed_at=NOW, suppressed_reason=reason)
    shared.one_click(kept.address_id, now=NOW)
    kept.refresh_from_db()
    asked = Publication.objects.filter(key__startswith="leave.ask").exists()
    assert (kept.state, asked) == (state, state == "active")


def test_clicked_again_and_again_one_mail_goes_a_day_and_three_a_month() -> None:
    kept = membership(member_list(), "office@x.example")
    for day in range(20):
        for _ in range(3):
            shared.one_click(kept.address_id, now=NOW + timedelta(days=day))
    assert Publication.objects.count() in (4, 5)  # three, and what the days between let in


def test_button_on_the_page_ends_the_notices_of_a_shared_mailbox() -> None:
    kept = membership(member_list(), "office@x.example")
    page = reverse("leave", args=[seals.seal("leave", kept.address_id)])
    assert "for all of them" in Client().get(page).content.decode()
    Client().post(page)
    kept.refresh_from_db()
    assert kept.state == "left"


def test_answer_to_a_click_tells_nothing() -> None:
    desk, person = membership(member_list(), "office@x.example"), membership(member_list(), "noor@x.example")
    answers = {
        (answer.status_code, answer.content)
        for answer in (click(desk.address_id), click(person.address_id), click(10**9))
    }
    assert len(answers) == 1


def test_who_reports_a_notice_as_unwanted_has_left_and_no_import_brings_them_back() -> None:
    on = member_list()
    kept = membership(on, post.MEMBER)
    delivery = post.sent()
    raw = complaint("abuse", seals.seal("bounce", delivery.pk))
    intake.take(raw, to="abuse@fairway.example", sender="", door="lmtp", now=post.NOW)
    assert subscribe.heed_complaints(now=post.NOW + timedelta(minutes=1)) == 1
    assert subscribe.heed_complaints(now=post.NOW + timedelta(minutes=2)) == 0
    kept.refresh_from_db()
    assert (kept.state, Refusal.objects.get().way) == ("left", "complaint")
    assert Address.objects.get(pk=kept.address_id).suppressed_reason == "complaint"
