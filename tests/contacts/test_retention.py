"""What is not decided and not confirmed is forgotten in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts import imports, retention
from contacts.models import Subscription

from .book import NOW, address, member_list

pytestmark = pytest.mark.django_db


def test_file_that_is_being_imported_is_not_dropped():
    run = imports.prepare(member_list(), data=b"email\na@x.example\n", file_name="m.csv", by=None, now=NOW)
    imports.ask(run, by=None, now=NOW, ground="consent")
    retention.forget(now=NOW + timedelta(days=3))
    run.refresh_from_db()
    assert run.content is not None


def test_file_nobody_decided_on_is_dropped_after_a_day():
    run = imports.prepare(member_list(), data=b"email\na@x.example\n", file_name="m.csv", by=None, now=NOW)
    retention.forget(now=NOW + timedelta(hours=23))
    run.refresh_from_db()
    assert run.content is not None
    retention.forget(now=NOW + timedelta(hours=25))
    run.refresh_from_db()
    assert run.content is None


def test_unconfirmed_wish_is_dropped_after_a_week_and_a_confirmed_one_stays():
    for state in ("pending", "confirmed"):
        Subscription.objects.create(address=address("a@x.example"), state=state, created_at=NOW)
    retention.forget(now=NOW + timedelta(days=8))
    assert Subscription.objects.get().state == "confirmed"
