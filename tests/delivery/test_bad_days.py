"""What went wrong elsewhere on a bad day: runs that begin anew, proofs that go astray, the list nobody reached."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from base.words import Lane
from contacts import expansion
from delivery import claim, outbox, postman, reports, seals
from delivery.models import Address, Batch, Delivery, Publication
from delivery.states import State
from notices.models import Version
from tests import make

from .test_pipe import forget_failures, make_due, publish, relay_for, run_all, states

__all__ = ["relay_for"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_run_that_was_cut_goes_on_at_the_next_person(relay_for: Any, settings: Any) -> None:
    """DEL-03: the server closes after 250 of 1,000; the run goes on at the 251st."""
    settings.FAIRWAY_MAIL_CONNECTIONS = 1
    gone = True
    relay = relay_for(lambda to, attempt: ("cut" if gone and len(relay.accepted) >= 250 else "250 ok", "250 kept"))
    publication = publish(1_000)
    run_all()
    before = list(Delivery.objects.order_by("address_id").values_list("address__key", flat=True))
    assert [to for _sender, to, _mail in relay.accepted] == before[:250]
    assert states() == {State.ACCEPTED: 250, State.DEFERRED: 750}
    gone = False
    make_due()
    forget_failures()
    run_all()
    assert set(relay.counts().values()) == {1}
    assert {to for _sender, to, _mail in relay.accepted[250:]} == set(before[250:])
    assert reports.report(Publication.objects.get(pk=publication.pk)).counts["delivered"] == 1_000


def test_resume_by_hand_goes_on_where_the_pause_began(relay_for: Any) -> None:
    relay = relay_for()
    publication = publish(400)
    postman.work(Lane.ROUTINE, seconds=0)
    outbox.hold(publication, by="test", now=timezone.now())
    run_all()
    paused = len(relay.accepted)
    outbox.resume(publication, by="test", now=timezone.now())
    run_all()
    assert len(relay.accepted) == 400 > paused
    assert set(relay.counts().values()) == {1}


def sent(version: Version) -> Publication:
    publication = Publication.objects.get(pk=version.publication_id)
    while not expansion.expand(publication.pk, now=timezone.now()):
        pass
    run_all(publication.lane)
    publication.refresh_from_db()
    return publication


def test_proof_hangs_on_version_and_member_and_not_on_the_title(smtp_sink: Any) -> None:
    """DEL-40: the title is corrected after the mails went out."""
    make.member_list(None, "reader@member.invalid")
    first = make.issued(title="Strom")
    old = sent(first)
    second = make.next_version(first.notice, title="Storm")
    new = sent(second)
    assert old.pk != new.pk
    rows = {row.publication_id: row for row in Delivery.objects.select_related("message", "address")}
    assert {row.address.key for row in rows.values()} == {"reader@member.invalid"}
    assert "Strom" in rows[old.pk].message.subject
    assert "Storm" in rows[new.pk].message.subject
    assert [reports.report(each).counts["delivered"] for each in (old, new)] == [1, 1]


def test_bad_address_in_a_long_run_keeps_nobody_from_the_severe_notice_behind_it(relay_for: Any) -> None:
    """DEL-43: order by severity, a failure stops nothing, and each report says how many were not reached."""
    relay = relay_for(lambda to, attempt: ("550 5.1.2 no domain" if to.endswith(".uuk") else "250 ok", "250 kept"))
    Address.objects.create(key="ward@x.nhs.uuk", value="ward@x.nhs.uuk")
    routine = [publish(30, key=f"routine {number}") for number in range(12)]
    country = publish(30, key="whole country", lane=Lane.CRITICAL)
    run_all(Lane.CRITICAL)
    assert len(relay.accepted) == 30, "the severe one does not wait for the twelve before it"
    run_all()
    for publication in (*routine, country):
        report = reports.report(Publication.objects.get(pk=publication.pk))
        assert report.finished
        assert (report.counts["delivered"], report.counts["permanent"]) == (30, 1)


@pytest.mark.parametrize("end", ["250 kept\x00\x1b[31m", "251 kept elsewhere", "200 fine"])
def test_odd_but_friendly_answer_counts_as_taken(relay_for: Any, end: str) -> None:
    relay = relay_for(lambda to, attempt: ("250 ok", end))
    publish(3)
    run_all()
    assert states() == {State.ACCEPTED: 3}
    assert set(relay.counts().values()) == {1}
    assert all(reply.isprintable() for reply in Delivery.objects.values_list("reply", flat=True))


def test_answer_without_a_code_is_tried_again_later(relay_for: Any) -> None:
    relay = relay_for(lambda to, attempt: ("what?", ""))
    publish(3)
    run_all()
    assert states() == {State.DEFERRED: 3}
    assert relay.accepted == []


def test_clock_that_is_set_back_keeps_nothing_waiting(relay_for: Any) -> None:
    """Seen from a clock an hour behind, everything that was written lies an hour ahead."""
    relay = relay_for()
    publish(700)
    assert claim.take(Lane.ROUTINE) is not None  # by a worker that dies
    hour = timedelta(hours=1)
    Batch.objects.filter(closed_at=None).update(due_at=F("due_at") + hour, lease_until=F("lease_until") + hour)
    assert claim.due() == {("email", Lane.ROUTINE): 2}
    run_all()
    assert states() == {State.ACCEPTED: 700}
    assert set(relay.counts().values()) == {1}


def test_what_was_never_tried_goes_before_what_is_tried_again(relay_for: Any) -> None:
    relay = relay_for(lambda to, attempt: ("451 later" if attempt == 1 else "250 ok", "250 kept"))
    publish(3)
    run_all()
    Batch.objects.filter(closed_at=None).update(due_at=timezone.now() - timedelta(minutes=1))
    publish(3, key="fresh")
    run_all()
    order = [seals.unseal("bounce", sender.split("+")[1].split("@")[0]) for sender, _to, _mail in relay.accepted]
    fresh = set(Delivery.objects.filter(publication__key="fresh").values_list("pk", flat=True))
    assert set(order[:3]) == fresh
