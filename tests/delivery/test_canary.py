"""The mail to ourselves: out by the ordinary way, back through a door, and missed in time if it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from base.words import Lane
from delivery import canary, intake, postman
from delivery.inbound import Kind
from delivery.models import Address, Batch, Delivery, Inbound, Message, Publication

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC) + timedelta(days=300)  # the hour begins a quarter


@pytest.fixture(autouse=True)
def _on(settings: Any) -> None:
    settings.FAIRWAY_CANARY = True


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def missing(minutes: float) -> bool:
    return canary.standing("email", now=at(minutes)).missing


def send_and_bring_back(sink: Any, minutes: float) -> None:
    """What the relay took comes in again by the door."""
    postman.work(Lane.PERSONAL)
    for sender, to, content in sink.envelopes:
        assert intake.take(content, to=to, sender=sender, door="test", now=at(minutes)) == intake.Taken.KEPT
    sink.envelopes.clear()


def test_nothing_is_sent_unless_the_way_back_is_set_up(settings: Any) -> None:
    settings.FAIRWAY_CANARY = False
    assert canary.sweep(now=NOW) == 0
    assert not Publication.objects.exists()


def test_each_quarter_of_an_hour_has_one_however_often_the_bell_rings() -> None:
    assert [canary.sweep(now=at(minutes)) for minutes in (0, 0.5, 14.9, 15, 15.5, 31)] == [1, 0, 0, 1, 0, 1]
    assert Delivery.objects.filter(address__key__startswith="canary+").count() == 3


def test_canary_that_came_back_is_seen_with_its_age(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    assert canary.standing("email", now=at(1)) == canary.Standing(False, None, True)
    send_and_bring_back(smtp_sink, 1)
    assert Inbound.objects.get().kind == Kind.CANARY
    assert canary.standing("email", now=at(10)) == canary.Standing(False, 540.0, True)


def test_canary_that_does_not_come_back_is_missed_within_five_minutes() -> None:
    canary.sweep(now=at(0))
    assert not missing(4.4)
    assert missing(4.6)


def test_relay_that_swallows_is_noticed_within_twenty_minutes_of_the_last_one(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    send_and_bring_back(smtp_sink, 0.2)
    found = []
    for step in range(45):  # from here on nothing comes back; the bell rings each half minute
        minutes = step / 2
        canary.sweep(now=at(minutes))
        postman.work(Lane.PERSONAL)
        if missing(minutes):
            found.append(minutes)
    assert 19 <= found[0] <= 20


def test_one_that_comes_late_or_a_later_one_ends_the_missing(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    assert missing(10)
    send_and_bring_back(smtp_sink, 11)
    assert not missing(11)
    canary.sweep(now=at(15))
    postman.work(Lane.PERSONAL)
    smtp_sink.envelopes.clear()  # lost for good
    assert missing(20)
    canary.sweep(now=at(30))
    send_and_bring_back(smtp_sink, 31)
    assert not missing(32)


def test_site_that_posts_none_any_more_is_red_and_one_that_begins_again_is_not(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    send_and_bring_back(smtp_sink, 1)
    assert not missing(20)
    assert missing(20.1)
    assert missing(60 * 24 * 4)
    canary.sweep(now=at(60 * 24 * 4))
    assert not missing(60 * 24 * 4 + 1)


def test_canary_of_a_clock_that_was_ahead_hides_no_later_one(smtp_sink: Any) -> None:
    canary.sweep(now=at(60 * 24))
    send_and_bring_back(smtp_sink, 0)
    assert canary.standing("email", now=at(1)) == canary.Standing(False, None, False)
    canary.sweep(now=at(1))
    assert not missing(4)
    assert missing(6)


def test_forged_canary_is_none(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    forged = "canary+1-00000000000000000000@fairway.example"
    assert intake.take(b"x", to=forged, sender="", door="test", now=at(1)) == intake.Taken.FORGED
    assert missing(6)


def test_old_canaries_leave_nothing_behind(smtp_sink: Any) -> None:
    canary.sweep(now=at(0))
    send_and_bring_back(smtp_sink, 1)
    canary.sweep(now=at(60 * 24 * 2 + 30))
    for rows in (Publication, Batch, Message, Delivery, Address):
        assert rows.objects.count() == 1, rows
