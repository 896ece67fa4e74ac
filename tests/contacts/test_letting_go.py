"""Whoever ends one thing on their page gets nothing more of what only that thing named; another reason keeps it.

Row 22 of the failure modes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contacts import digests, expansion, subscribe
from contacts.models import Membership, Subscription
from contacts.rhythm import Choice, Rhythm
from contacts.subscribe import Wish
from delivery import claim, outbox
from delivery.models import Batch, Delivery, Publication
from delivery.outcomes import Outcome
from delivery.sealed import Sealed
from delivery.states import State

from .book import member_list, membership, place
from .test_expansion import opened

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def follower(member: Membership, **wish: Any) -> Subscription:
    return Subscription.objects.create(
        address=member.address, state="confirmed", created_at=NOW, confirmed_at=NOW, **Wish(**wish).as_fields()
    )


def enlisted(publication: Publication) -> None:
    while not expansion.expand(publication.pk, now=NOW):
        pass


def state_of(email: str) -> str:
    return Delivery.objects.get(address__key=email).state


def test_who_leaves_the_only_list_that_named_them_gets_nothing_that_waits() -> None:
    port, on = place("ESALG"), member_list()
    leaving = membership(on, "leaving@x.example")
    membership(on, "staying@x.example")
    enlisted(opened(port))
    subscribe.leave_list(leaving.address, list_id=on.pk, now=NOW)
    assert (state_of("leaving@x.example"), state_of("staying@x.example")) == (State.SUPPRESSED, State.PENDING)


def test_who_leaves_a_list_and_follows_the_port_themselves_still_gets_it() -> None:
    port, on = place("ESALG"), member_list()
    member = membership(on, "both@x.example")
    mine = follower(member, places=(port.pk,))
    enlisted(opened(port))
    subscribe.leave_list(member.address, list_id=on.pk, now=NOW)
    assert state_of("both@x.example") == State.PENDING
    subscribe.leave_subscription(member.address, subscription_id=mine.pk, now=NOW)
    assert state_of("both@x.example") == State.SUPPRESSED


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"countries": ("PT",)}, State.SUPPRESSED),
        ({"countries": ("ES",)}, State.PENDING),
        ({"countries": ("ES",), "choice": Choice(rhythm=Rhythm.DAILY)}, State.PENDING),
    ],
    ids=["another-country", "the-same-country", "later-in-a-digest"],
)
def test_who_follows_something_else_gets_what_still_concerns_them(changed: dict[str, Any], state: State) -> None:
    port = place("ESALG")
    member = membership(member_list(way="on_relay"), "reader@x.example")
    mine = follower(member, places=(port.pk,))
    enlisted(opened(port, urgent=False))
    subscribe.change(member.address, subscription_id=mine.pk, wish=Wish(**changed), now=NOW)
    assert state_of("reader@x.example") == state


def test_digest_and_answer_that_wait_still_come() -> None:
    member = membership(member_list(), "reader@x.example")
    mine = follower(member, choice=Choice(rhythm=Rhythm.DAILY))
    Subscription.objects.filter(pk=mine.pk).update(digest_due_at=NOW, digest_since=NOW)
    digests.open_for(digests.due(now=NOW, at_most=5), message=Sealed("en", "Digest", "x"), now=NOW)
    outbox.post(key="answer", to=member.address, message=Sealed("en", "Answer", "x"), now=NOW)
    subscribe.leave_subscription(member.address, subscription_id=mine.pk, now=NOW)
    subscribe.leave_list(member.address, list_id=member.member_list_id, now=NOW)
    assert list(Delivery.objects.values_list("state", flat=True)) == [State.PENDING, State.PENDING]


def test_what_is_on_the_wire_when_they_leave_is_told_as_it_ends() -> None:
    port, on = place("ESALG"), member_list()
    members = [membership(on, f"m{number}@x.example") for number in range(3)]
    enlisted(opened(port))
    lease = claim.take("critical")
    assert lease is not None
    window = claim.turn(lease, [], 1)
    for member in members:
        subscribe.leave_list(member.address, list_id=on.pk, now=NOW)
    assert [item.to for item in window.items] == ["m0@x.example"]
    rest = claim.turn(lease, [Outcome(window.items[0].id, State.ACCEPTED, "250", "kept")], 50)
    assert rest.items == []
    assert claim.turn(lease, [], 50).ended
    claim.close(lease)
    told = dict(Delivery.objects.values_list("address__key", "state"))
    assert told == {
        "m0@x.example": State.ACCEPTED,
        "m1@x.example": State.SUPPRESSED,
        "m2@x.example": State.SUPPRESSED,
    }
    assert Batch.objects.get().closed_at is not None


def test_who_was_put_off_and_leaves_is_not_tried_again() -> None:
    port, on = place("ESALG"), member_list()
    member = membership(on, "later@x.example")
    enlisted(opened(port))
    lease = claim.take("critical")
    assert lease is not None
    window = claim.turn(lease, [], 1)
    assert not claim.turn(lease, [Outcome(window.items[0].id, State.DEFERRED, "451", "later")], 1).items
    subscribe.leave_list(member.address, list_id=on.pk, now=NOW)
    claim.close(lease)
    assert state_of("later@x.example") == State.SUPPRESSED
    assert Batch.objects.filter(closed_at=None).count() == 0
