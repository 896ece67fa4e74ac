"""Digests: all that is new since the last one, each notice once, whatever fails; what is urgent never waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection, transaction

from base.words import Lane
from contacts import digests, expansion, subscribe
from contacts.models import Subscription
from contacts.rhythm import Choice, next_due
from contacts.subscribe import Wish
from delivery import addresses, guard, outbox, postman, relays
from delivery.models import Address, Batch, Delivery, Publication
from notices import lifecycle, summaries
from notices.drafting import Draft
from notices.models import Listed, Version
from tests import make

pytestmark = pytest.mark.django_db
MORNING = datetime(2027, 3, 1, 7, 0, tzinfo=UTC)  # eight o'clock in Madrid
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = {"quiet_from": 22, "quiet_to": 7}


def follower(email: str = "me@x.example", *, rhythm: str = "daily", **fields: Any) -> Subscription:
    """Who confirmed three days before the morning and had a digest at every hour since."""
    one = Subscription(
        address=addresses.get_or_create(email), state="confirmed", rhythm=rhythm, created_at=MORNING - 3 * DAY,
        confirmed_at=MORNING - 3 * DAY, **{"time_zone": "Europe/Madrid", **fields},
    )  # fmt: skip
    one.digest_since = MORNING - DAY
    one.digest_due_at = next_due(one.choice, MORNING - DAY)
    one.save()
    return one


def _go_out(version: Version, draft: Draft, *, at: datetime) -> Version:
    version = lifecycle.edit(version, by=version.author, edit_number=version.edit_number, draft=draft, now=at)
    version = lifecycle.submit(version, by=version.author, now=at)
    approver = make.user("approver", at=version.notice.office)
    version = lifecycle.approve(version, by=approver, digest=version.digest, now=at)
    expansion.expand(version.publication_id or 0, now=at)
    return version


def _draft(at: datetime, *, status: str = "closed", starts_at: datetime | None = None, **fields: Any) -> Draft:
    starts_at = starts_at or at
    rows = [make.row(status=status, starts_at=starts_at)]
    return make.draft(*rows, starts_at=starts_at, **{"severity": "Moderate", **fields})


def issued(at: datetime, **fields: Any) -> Version:
    """A closure that went out to everybody who hears at once."""
    make.place()
    make.member_list(None, "member@member.example")
    version = lifecycle.start(kind="port_downtime", office=make.office(), by=make.user("officer"), now=at)
    return _go_out(version, _draft(at, **fields), at=at)


def changed(before: Version, at: datetime, **fields: Any) -> Version:
    version = lifecycle.revise(before.notice, by=make.user("officer"), now=at, action="update")
    return _go_out(version, _draft(before.starts_at or at, **fields), at=at)


def withdrawn(before: Version, at: datetime) -> Version:
    version = lifecycle.revise(before.notice, by=make.user("officer"), now=at, action="withdraw")
    version = lifecycle.submit(version, by=version.author, now=at)
    version = lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=at)
    expansion.expand(version.publication_id or 0, now=at)
    return version


def arrived() -> None:
    """What is enlisted so far has been accepted by the readers' mail servers."""
    Delivery.objects.update(state="accepted")


def told(email: str = "me@x.example") -> list[list[tuple[str, bool]]]:
    """Digest by digest, what stood in it: reference and version, and whether it was over."""
    sent = Delivery.objects.filter(address__key=email, publication__lane=Lane.DIGEST).order_by("publication")
    return [
        sorted(
            (str(one.version), one.over)
            for one in Listed.objects.filter(publication=pk).select_related("version__notice")
        )
        for pk in sent.values_list("publication_id", flat=True)
    ]


def alone(version: Version, email: str = "me@x.example") -> bool:
    """Whether the version went to that address in a mail of its own."""
    return Delivery.objects.filter(publication=version.publication_id, address__key=email).exists()


def text_of(publication: Publication) -> str:
    return publication.messages.get().text


def test_daily_reader_hears_in_one_mail_what_opened_changed_and_ended() -> None:
    follower()
    opened = issued(MORNING - 5 * HOUR)
    first = issued(MORNING - 30 * HOUR)
    assert summaries.sweep(now=MORNING - DAY + HOUR) == 0, "not due"
    update = changed(first, MORNING - 3 * HOUR, next_update_at=MORNING + 9 * HOUR)
    over = issued(MORNING - 4 * HOUR, ends_at=MORNING - HOUR)
    assert not any(alone(version) for version in (opened, first, update, over))
    assert summaries.sweep(now=MORNING) == 1
    assert told() == [sorted([(str(opened), False), (str(update), False), (str(over), True)])]
    text = text_of(Publication.objects.get(lane=Lane.DIGEST))
    assert text.index("New notice · ") < text.index("Over · ")
    assert "CET (" in text and "UTC)" in text and f"/n/{update.notice.reference}/2" in text


# DEL-33
def test_notice_that_matches_two_subscriptions_stands_once_with_both_reasons() -> None:
    port = make.place()
    follower(places=[port.pk])
    follower()
    version = issued(MORNING - HOUR)
    assert summaries.sweep(now=MORNING) == 1
    assert told() == [[(str(version), False)]]
    text = text_of(Publication.objects.get(lane=Lane.DIGEST))
    assert text.count(version.notice.reference or "?") == 2, "once named, once in the address of its page"
    assert f"You follow: {port}, every place." in text


def test_nothing_new_is_no_mail_and_the_next_look_begins_there() -> None:
    one = follower()
    assert summaries.sweep(now=MORNING) == 0 and not told()
    one.refresh_from_db()
    assert (one.digest_since, one.digest_due_at) == (MORNING, MORNING + DAY)


@pytest.mark.parametrize("choice", [{"rhythm": "weekly"}, {"rhythm": "at_once", **NIGHT}])
def test_what_is_severe_goes_at_once_and_is_told_once(choice: dict[str, Any]) -> None:
    follower(**choice)
    version = issued(MORNING - 5 * HOUR, severity="Severe")
    assert alone(version)
    assert summaries.sweep(now=MORNING + 7 * DAY) == 0


# AUT-15
def test_earlier_start_goes_at_once_also_to_digest_readers() -> None:
    follower(**NIGHT)
    first = issued(MORNING - 6 * HOUR)
    earlier = changed(first, MORNING - 5 * HOUR, starts_at=MORNING - 7 * HOUR)
    assert not alone(first) and alone(earlier)
    assert summaries.sweep(now=MORNING) == 0, "it is known, and the version before it is no more"


def test_withdrawal_of_what_a_digest_told_goes_at_once_to_whoever_read_it() -> None:
    one = follower(least_severity="Moderate")
    version = issued(MORNING - HOUR)
    summaries.sweep(now=MORNING)
    arrived()
    Subscription.objects.filter(pk=one.pk).update(modes=["rail"])
    assert alone(withdrawn(version, MORNING + HOUR))


def test_who_read_the_first_version_in_a_digest_reads_the_second_however_mild() -> None:
    follower(least_severity="Moderate")
    first = issued(MORNING - HOUR)
    summaries.sweep(now=MORNING)
    arrived()
    second = changed(first, MORNING + HOUR, severity="Minor")
    assert not alone(second)
    summaries.sweep(now=MORNING + DAY)
    assert told() == [[(str(first), False)], [(str(second), False)]]
    assert "You had what it replaces." in text_of(Publication.objects.filter(lane=Lane.DIGEST).latest("pk"))


def test_end_that_comes_by_itself_is_told_once() -> None:
    follower()
    version = issued(MORNING - HOUR, ends_at=MORNING + HOUR)
    for day in range(4):
        summaries.sweep(now=MORNING + day * DAY)
    assert told() == [[(str(version), False)], [(str(version), True)]]


def test_what_began_and_was_withdrawn_in_between_is_not_called_new() -> None:
    follower()
    version = issued(MORNING - 2 * HOUR)
    gone = withdrawn(version, MORNING - HOUR)
    Delivery.objects.filter(publication=gone.publication_id).delete()  # as if it had not reached this reader
    assert summaries.sweep(now=MORNING) == 1 and told() == [[(str(gone), False)]]
    text = text_of(Publication.objects.get(lane=Lane.DIGEST))
    assert "Withdrawal · " in text and "New notice" not in text


def test_quiet_night_is_made_up_for_in_the_morning() -> None:
    follower(rhythm="at_once", time_zone="Europe/Madrid", **NIGHT)
    day, night = issued(MORNING - 12 * HOUR), issued(MORNING - 5 * HOUR)
    assert alone(day) and not alone(night)
    assert summaries.sweep(now=MORNING - HOUR) == 1, "seven o'clock in Madrid"
    assert told() == [[(str(night), False)]]
    assert summaries.sweep(now=MORNING + DAY) == 0


def test_digest_that_is_late_waits_for_the_end_of_quiet_hours_and_no_week_longer() -> None:
    one = follower(rhythm="weekly", weekday=MORNING.weekday(), **NIGHT)
    version = issued(MORNING - HOUR)
    late = MORNING + 15 * HOUR
    assert summaries.sweep(now=late) == 0
    one.refresh_from_db()
    assert one.digest_due_at == MORNING + 23 * HOUR
    assert summaries.sweep(now=MORNING + 23 * HOUR) == 1 and told() == [[(str(version), False)]]


def test_catching_up_after_an_outage_is_one_digest() -> None:
    one = follower(rhythm="hourly")
    versions = [issued(MORNING + days * DAY) for days in range(3)]
    assert summaries.sweep(now=MORNING + 5 * DAY) == 1
    assert told() == [sorted((str(version), False) for version in versions)]
    one.refresh_from_db()
    assert one.digest_due_at == MORNING + 5 * DAY + HOUR


def test_while_no_mail_can_leave_digests_wait_and_then_one_tells_it_all() -> None:
    follower(rhythm="hourly")
    versions = [issued(MORNING), issued(MORNING + DAY)]
    guard.hold(now=MORNING)
    assert summaries.sweep(now=MORNING + HOUR) == summaries.sweep(now=MORNING + 2 * DAY) == 0
    guard.release(by=make.user("administrator"), reason="looked at", now=MORNING + 2 * DAY)
    (relay,) = relays.relays()
    relays.blocked(relay, "away")
    assert summaries.sweep(now=MORNING + 2 * DAY) == 0
    relays.worked(relay)
    assert summaries.sweep(now=MORNING + 2 * DAY) == 1
    assert told() == [sorted((str(version), False) for version in versions)]


def test_what_a_digest_told_too_late_stands_in_the_next() -> None:
    follower()
    version = issued(MORNING - HOUR)
    assert summaries.sweep(now=MORNING) == 1
    Delivery.objects.filter(publication__lane=Lane.DIGEST).update(state="too_late")
    assert summaries.sweep(now=MORNING + DAY) == 1
    assert told() == [[(str(version), False)]] * 2


def test_crash_before_the_commit_neither_loses_nor_doubles() -> None:
    follower()
    version = issued(MORNING - HOUR)
    with transaction.atomic():
        assert summaries.sweep(now=MORNING) == 1
        transaction.set_rollback(True)
    assert not Publication.objects.filter(lane=Lane.DIGEST).exists()
    for minute in range(3):
        summaries.sweep(now=MORNING + minute * timedelta(minutes=1))
    assert told() == [[(str(version), False)]]


def test_two_workers_that_saw_the_same_reader_send_one() -> None:
    follower()
    issued(MORNING - HOUR)
    slow = digests.due(now=MORNING, at_most=10)
    assert summaries.sweep(now=MORNING) == 1
    late = MORNING + timedelta(seconds=1)
    message = outbox.Sealed("en", "s", "t")
    assert digests.open_for(slow, message=message, now=late) is None
    assert len(told()) == 1


def test_what_was_committed_late_is_in_the_next_digest() -> None:
    follower(rhythm="hourly")
    summaries.sweep(now=MORNING)
    late = issued(MORNING - timedelta(seconds=30))
    for hours in range(1, 4):
        summaries.sweep(now=MORNING + hours * HOUR)
    assert told() == [[(str(late), False)]]


def test_what_was_stopped_by_hand_is_in_no_digest() -> None:
    follower()
    version = issued(MORNING - HOUR)
    assert outbox.stop(Publication.objects.get(pk=version.publication_id), by="test", now=MORNING)
    assert summaries.sweep(now=MORNING) == 0


def test_exercise_and_what_is_for_members_alone_are_in_no_digest() -> None:
    follower()
    make.member_list(None, "aeo@member.example", is_aeo=True)
    issued(MORNING - HOUR, audience={"aeo": True})
    assert summaries.sweep(now=MORNING) == 0


def test_same_digest_for_many_is_one_publication() -> None:
    port, other = make.place(), make.place("MAPTM", at=make.office())
    for number in range(12):
        follower(f"{number}@x.example", language="fr" if number < 4 else "en", places=[port.pk])
    follower("other@x.example", places=[port.pk, other.pk])
    version = issued(MORNING - HOUR)
    assert summaries.sweep(now=MORNING) == 2
    sizes = sorted(one.deliveries.count() for one in Publication.objects.filter(lane=Lane.DIGEST))
    assert sizes == [4, 9], "by language; who follows more but hears the same gets the same"
    assert told("other@x.example") == told("0@x.example") == [[(str(version), False)]]


def test_who_turns_to_hearing_at_once_gets_now_what_was_kept_back() -> None:
    one = follower(rhythm="weekly", weekday=3)
    version = issued(MORNING - HOUR)
    subscribe.change(one.address, subscription_id=one.pk, wish=Wish(), now=MORNING)
    assert summaries.sweep(now=MORNING) == 1 and told() == [[(str(version), False)]]
    one.refresh_from_db()
    assert one.digest_due_at is None
    assert alone(issued(MORNING + HOUR)) and summaries.sweep(now=MORNING + DAY) == 0


def test_who_turns_to_digests_hears_nothing_from_before() -> None:
    one = follower(rhythm="at_once")
    old = issued(MORNING - 20 * HOUR)
    daily = Choice("daily", hour=8, time_zone="Asia/Tokyo")
    subscribe.change(one.address, subscription_id=one.pk, wish=Wish(choice=daily), now=MORNING)
    one.refresh_from_db()
    assert one.digest_due_at == datetime(2027, 3, 1, 23, 0, tzinfo=UTC), "eight o'clock in Tokyo"
    assert alone(old) and summaries.sweep(now=MORNING + DAY) == 0


def test_who_cannot_be_reached_gets_no_digest_and_none_of_it_later() -> None:
    one = follower()
    issued(MORNING - HOUR)
    addresses.suppress(one.address_id, reason="bounced", now=MORNING)
    for day in range(4):
        assert summaries.sweep(now=MORNING + day * DAY) == 0
    addresses.release(one.address_id, reasons=["bounced"], now=MORNING + 3 * DAY)
    assert summaries.sweep(now=MORNING + 4 * DAY) == 0


def test_faulty_version_keeps_no_other_from_its_line() -> None:
    follower()
    good, faulty = issued(MORNING - HOUR), issued(MORNING - HOUR)
    with connection.cursor() as cursor:  # as no hand of ours can, since what went out is frozen
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE notices_version DISABLE TRIGGER USER")
    Version.objects.filter(pk=faulty.pk).update(spoken={"en": {"lost": True}})
    assert summaries.sweep(now=MORNING) == 1
    assert told() == [[(str(good), False)]]


# A11-06
def test_long_digest_begins_with_what_is_closed_and_stays_short() -> None:
    follower()
    for number in range(20):
        issued(MORNING - HOUR - number * timedelta(minutes=1), status="congested", title=f"Queue {number}")
    closed = issued(MORNING - 20 * HOUR)
    assert summaries.sweep(now=MORNING) == 1
    message = Publication.objects.get(lane=Lane.DIGEST).messages.get()
    assert message.subject.startswith("Digest of 21 notices: Storm.")
    assert message.text.index(closed.notice.reference or "?") < message.text.index("Queue")
    assert message.text.count("You follow") == summaries.IN_FULL and len(message.text.splitlines()) < 130


def test_digest_leaves_by_its_own_lane_like_other_bulk_mail(smtp_sink: Any) -> None:
    follower(language="fr")
    version = issued(MORNING - HOUR, ends_at=MORNING + 400 * DAY)
    summaries.sweep(now=MORNING)
    Publication.objects.filter(lane=Lane.DIGEST).update(give_up_at=datetime.now(UTC) + DAY)
    assert Batch.objects.get(publication__lane=Lane.DIGEST).size == 1
    assert postman.work("digest") == 1
    ((_sender, to, body),) = smtp_sink.envelopes
    mail = message_from_bytes(body, policy=policy.default)
    assert to == "me@x.example" and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Subject"].startswith("Récapitulatif de 1 avis\xa0: Storm.")
    for kind in ("plain", "html"):
        part = mail.get_body((kind,)).get_content()
        assert "Nouvel avis" in part and f"/n/{version.notice.reference}/1" in part and "[[" not in part


@pytest.mark.long
def test_ten_thousand_readers_due_at_eight_are_a_handful_of_publications() -> None:
    places = [make.place(code) for code in ("ESALG", "ESCEU", "ESMLN")]
    Address.objects.bulk_create(
        Address(channel="email", value=f"{n}@x.example", key=f"{n}@x.example") for n in range(10_000)
    )
    Subscription.objects.bulk_create(
        Subscription(
            address_id=pk, state="confirmed", created_at=MORNING - 3 * DAY, confirmed_at=MORNING - 3 * DAY,
            rhythm="daily", time_zone="Europe/Madrid", digest_since=MORNING - DAY, digest_due_at=MORNING,
            places=[places[pk % 3].pk] if pk % 4 else [], language=("en", "fr", "es")[pk % 7 % 3],
        )
        for pk in Address.objects.filter(key__endswith="@x.example").values_list("pk", flat=True)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does by itself, though not inside a test's transaction
    for number in range(20):
        issued(MORNING - HOUR, title=f"Storm {number}")
    started = time.monotonic()
    opened = 0
    while Subscription.objects.filter(digest_due_at__lte=MORNING).exists():
        opened += summaries.sweep(now=MORNING)
    seconds = time.monotonic() - started
    sent = Delivery.objects.filter(publication__lane=Lane.DIGEST)
    assert sent.values("address").distinct().count() == sent.count() > 4_000
    assert opened <= 12 and seconds < 20, f"{opened} publications in {seconds:.1f} s"
