"""The health of a list: who is reached, whose address is to be fixed, how old it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts import health, problems
from contacts.models import ImportRun, MemberList, Membership
from delivery import addresses
from delivery.models import Delivery, Message, Publication
from delivery.states import State

from .book import NOW, address, association, member_list, membership

pytestmark = pytest.mark.django_db


def sent(email: str, state: str, *, days: int = 0) -> None:
    """One notice to `email`, so many days after NOW, and how it ended."""
    at = NOW + timedelta(days=days)
    publication = Publication.objects.create(
        key=f"p{Publication.objects.count()}", lane="critical", give_up_at=at + timedelta(days=1), created_at=at
    )
    message = Message.objects.create(publication=publication, language="en", subject="s", text="t")
    Delivery.objects.create(
        publication=publication, address=address(email), message=message, batch_number=1, position=1, state=state,
        changed_at=at, reply="550 no such user" if state == State.FAILED else "",
    )  # fmt: skip


def of(on: MemberList, *, days: int = 0) -> health.Health:
    (one,) = health.health_of(on.association, now=NOW + timedelta(days=days))
    return one


def test_list_is_counted_in_mailboxes_of_active_members():
    on = member_list()
    for company in ("first", "second"):
        membership(on, "one@x.example", company_key=company)
    membership(on, "two@x.example")
    membership(on, "left@x.example", state=Membership.State.LEFT)
    membership(on, "removed@x.example", state=Membership.State.REMOVED)
    addresses.suppress(address("two@x.example").pk, reason="bounced", now=NOW)
    found = of(on)
    assert (found.members, found.reachable, found.problems, found.left, found.percent) == (2, 1, 1, 1, 50)


def test_mailbox_that_refused_its_last_notice_is_to_be_fixed_until_one_arrives():
    on = member_list()
    for name in ("fine", "gone", "back", "new"):
        membership(on, f"{name}@x.example")
    sent("fine@x.example", State.DELIVERED)
    sent("gone@x.example", State.ACCEPTED)
    sent("gone@x.example", State.FAILED, days=1)
    sent("back@x.example", State.BOUNCED)
    sent("back@x.example", State.ACCEPTED, days=1)
    sent("new@x.example", State.DEFERRED)
    (gone,) = problems.problems_of(on)
    assert (gone.membership.address.key, gone.said) == ("gone@x.example", "550 no such user")
    assert (of(on).problems, of(on).unreached) == (1, 1)


def test_lists_of_others_are_not_looked_into():
    mine, theirs = member_list(), member_list()
    membership(theirs, "one@x.example")
    addresses.suppress(address("one@x.example").pk, reason="bounced", now=NOW)
    assert (of(mine).members, of(mine).percent) == (0, 0) and not problems.problems_of(mine)


def test_list_tells_its_imports_and_grows_old_after_three_months():
    on = member_list()
    for days, state in ((1, "applied"), (2, "applied"), (3, "taken_back")):
        at = NOW + timedelta(days=days)
        ImportRun.objects.create(member_list=on, state=state, created_at=at, applied_at=at, file_name="m", sha256="-")
    assert (of(on).imports, of(on).updated_at) == (2, NOW + timedelta(days=2))
    assert (of(on, days=91).is_old, of(on, days=93).is_old) == (False, True)


def test_many_lists_take_three_queries(django_assert_max_num_queries):
    owner = association("as-many")
    for number in range(5):
        membership(member_list(owner, name=f"List {number}"), f"m{number}@x.example")
    with django_assert_max_num_queries(3):
        assert len(health.health_of(owner, now=NOW)) == 5
