"""Who left stays out after a restore, by marks that name nobody."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import refusals, subscribe
from contacts.models import Membership, Refusal
from delivery.models import Address
from tests import make

pytestmark = pytest.mark.django_db


def leavers() -> tuple[Address, Address, Membership]:
    """One left everything, the other one list."""
    made = make.member_list(None, "all@member.invalid", "one@member.invalid", "stays@member.invalid")
    everything, one = (Address.objects.get(key=f"{name}@member.invalid") for name in ("all", "one"))
    subscribe.leave_everything(everything.pk, way="page", now=make.now())
    subscribe.leave_list(one, list_id=made.pk, now=make.now())
    return everything, one, Membership.objects.get(address=one)


def forget_that_they_left() -> None:
    Refusal.objects.all().delete()
    Membership.objects.update(state=Membership.State.ACTIVE)
    Address.objects.update(suppressed_at=None, suppressed_reason="")


def test_who_left_leaves_again_and_nobody_else() -> None:
    everything, _one, membership = leavers()
    known = list(refusals.marks())
    forget_that_they_left()
    assert refusals.replay(known, now=make.now()) == 2
    everything.refresh_from_db()
    membership.refresh_from_db()
    assert everything.suppressed_reason == "left" and membership.state == Membership.State.LEFT
    assert Membership.objects.get(address__key="stays@member.invalid").state == Membership.State.ACTIVE
    assert refusals.replay(known, now=make.now()) == 0


def test_marks_hold_no_address_and_are_read_with_an_earlier_key_too(settings: Any) -> None:
    leavers()
    known = list(refusals.marks())
    assert all(len(mark) == 64 and int(mark, 16) for mark in known)
    forget_that_they_left()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, []
    assert refusals.replay(known, now=make.now()) == 0
    settings.SECRET_KEY_FALLBACKS = ["tests-only-" + "k" * 50]
    assert refusals.replay(known, now=make.now()) == 2
