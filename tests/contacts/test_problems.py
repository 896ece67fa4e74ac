"""Each association reads its own problem addresses: why, since when, what to do; and may have one tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from base.models import AuditEntry
from base.words import Role
from contacts import problems
from contacts.models import MemberList, Membership
from delivery import addresses
from delivery.addresses import Reason
from delivery.models import Address, Delivery
from delivery.states import State
from tests import make

from .book import NOW, address, association, member_list, membership, person
from .test_health import sent

pytestmark = pytest.mark.django_db


def told(on: MemberList, email: str) -> problems.Problem:
    (found,) = [one for one in problems.problems_of(on) if one.membership.address.key == email]
    return found


def refused(email: str, code: str, reply: str, *, state: str = State.BOUNCED, days: int = 0) -> None:
    sent(email, state, days=days)
    newest = Delivery.objects.filter(address__key=email).order_by("-pk").first()
    assert newest is not None
    newest.code, newest.reply = code, reply
    newest.save()


@pytest.mark.parametrize(
    ("code", "reply", "reason", "advice"),
    [
        ("5.1.1", "550 5.1.1 unknown", "There is no such mailbox", "new address"),
        ("550", "No such user here", "There is no such mailbox", "new address"),
        ("5.2.2", "full", "The mailbox is full", "make room"),
        ("5.7.1", "blocked", "Their mail server does not let our mails in", "allowed"),
        ("4.4.7", "", "The mail server of the mailbox does not take mail", "their mail server"),
    ],
)
def test_reason_is_told_in_plain_words_with_what_to_do(code: str, reply: str, reason: str, advice: str) -> None:
    on = member_list()
    membership(on, "one@x.example", company="One")
    refused("one@x.example", code, reply)
    problem = told(on, "one@x.example")
    assert (str(problem.reason), problem.since, problem.suspended) == (reason, NOW, False)
    assert advice in str(problem.advice)
    with translation.override("fr"):
        assert str(problem.reason) != reason


def test_who_left_or_complained_can_only_come_back_by_themselves() -> None:
    on = member_list()
    for name, reason in (("left", Reason.LEFT), ("angry", Reason.COMPLAINT)):
        one = membership(on, f"{name}@x.example")
        addresses.suppress(one.address_id, reason=reason, now=NOW)
        problem = told(on, f"{name}@x.example")
        assert (problem.suspended, problem.may_try) == (True, False)
        with pytest.raises(problems.NotSuspended):
            problems.try_again(one, by="test", now=NOW)


def test_mailbox_behind_an_address_is_told_and_the_address_not_called_broken() -> None:
    on = member_list()
    membership(on, "office@x.example")
    refused("office@x.example", "5.1.1", "550 unknown", state=State.ACCEPTED)
    problem = told(on, "office@x.example")
    assert "One of several" in str(problem.reason)
    assert not problem.suspended


def test_words_of_the_other_server_name_nobody() -> None:
    on = member_list()
    membership(on, "one@x.example")
    refused("one@x.example", "550", "5.1.1 <boss@private.example> unknown")
    assert told(on, "one@x.example").said == "5.1.1 (…) unknown"


def test_checked_address_gets_the_next_notice_and_its_past_no_longer_counts() -> None:
    on = member_list()
    one = membership(on, "one@x.example")
    by = person(Role.ASSOCIATION_MANAGER, on.association)
    refused("one@x.example", "5.1.1", "unknown")
    addresses.suppress(one.address_id, reason=Reason.BOUNCED, now=NOW)
    assert told(on, "one@x.example").may_try
    problems.try_again(one, by=by, now=NOW + timedelta(days=1))
    released = Address.objects.get(pk=one.address_id)
    assert (released.suppressed_at, released.cleared_at) == (None, NOW + timedelta(days=1))
    assert "next notice" in str(told(on, "one@x.example").advice)
    entry = AuditEntry.objects.get(action="address.release")
    assert "@" not in f"{entry.target} {entry.facts}"
    sent("one@x.example", State.ACCEPTED, days=2)
    assert not problems.problems_of(on)


def test_address_is_tried_again_twice_a_month_whoever_keeps_it() -> None:
    lists = [member_list(), member_list(), member_list()]
    for number, on in enumerate(lists):
        one = membership(on, "one@x.example")
        addresses.suppress(one.address_id, reason=Reason.BOUNCED, now=NOW)
        if number < 2:
            problems.try_again(one, by="test", now=NOW)
    with pytest.raises(problems.Enough):
        problems.try_again(one, by="test", now=NOW)
    problems.try_again(one, by="test", now=NOW + timedelta(days=16))


def test_association_tries_so_many_a_day() -> None:
    on = member_list()
    for number in range(51):
        one = membership(on, f"m{number}@x.example")
        addresses.suppress(one.address_id, reason=Reason.FULL, now=NOW)
        if number < 50:
            problems.try_again(one, by="test", now=NOW)
    with pytest.raises(problems.EnoughToday):
        problems.try_again(one, by="test", now=NOW)


def test_page_shows_own_addresses_alone_and_its_button_works_without_script() -> None:
    mine, theirs = member_list(), member_list(association("as-theirs"))
    one, other = membership(mine, "one@x.example"), membership(theirs, "secret@y.example")
    for each in (one, other):
        addresses.suppress(each.address_id, reason=Reason.BOUNCED, now=NOW)
    client = make.sign_in(Client(), person(Role.ASSOCIATION_MANAGER, mine.association))
    page = client.get(reverse("list", args=[mine.uid])).content.decode()
    assert "one@x.example" in page
    assert "secret@y.example" not in page
    assert page.count("Suspended") == 1
    button = reverse("member_try_again", args=[mine.uid, one.pk])
    assert button in page
    for path in ([theirs.uid, other.pk], [theirs.uid, one.pk], [mine.uid, other.pk]):
        assert client.post(reverse("member_try_again", args=path)).status_code == 404
    assert client.get(button).status_code == 405
    answer = client.post(button, follow=True)
    assert "The next notice goes to this address again." in answer.content.decode()
    assert address("one@x.example").suppressed_at is None
    assert address("secret@y.example").suppressed_at is not None
    Membership.objects.filter(pk=one.pk).update(state=Membership.State.REMOVED)
    assert "not suspended" in client.post(button, follow=True).content.decode()
