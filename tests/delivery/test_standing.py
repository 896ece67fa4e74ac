"""What waits in each lane, and for how long it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from base.words import Lane
from delivery import claim, outbox, standing
from delivery.models import Batch, Publication
from delivery.sealed import Sealed

pytestmark = pytest.mark.django_db


def posted(lane: str = Lane.CRITICAL) -> Publication:
    now = datetime.now(UTC)
    message = Sealed("en", "Dover closed", "Dover is closed.")
    return outbox.post(key=f"test:{now}", to="a@reader.invalid", message=message, now=now, lane=lane)


def test_what_was_just_posted_has_hardly_waited() -> None:
    posted()
    found = standing.lanes()
    assert list(found) == [Lane.CRITICAL]
    assert (found[Lane.CRITICAL].due, found[Lane.CRITICAL].leased) == (1, 0)
    assert 0 <= found[Lane.CRITICAL].oldest_s < 5


@pytest.mark.parametrize("first_try", [True, False])
def test_waiting_is_counted_from_the_moment_it_could_leave(first_try: bool) -> None:
    publication = posted()
    waited = timedelta(minutes=5)
    if first_try:
        Batch.objects.update(due_at=F("due_at") - waited)
    else:
        Batch.objects.update(due_at=datetime.now(UTC) - waited)
    assert publication.batches.count() == 1
    assert 295 < standing.lanes()[Lane.CRITICAL].oldest_s < 310


def test_what_a_worker_has_and_what_a_person_paused_do_not_wait() -> None:
    publication = posted()
    assert claim.take(Lane.CRITICAL) is not None
    assert standing.lanes()[Lane.CRITICAL] == standing.LaneStanding(0, 1, 0.0)
    Publication.objects.filter(pk=publication.pk).update(held_at=datetime.now(UTC))
    assert standing.lanes() == {}


def test_what_is_to_be_tried_again_later_is_not_due() -> None:
    posted()
    Batch.objects.update(due_at=datetime.now(UTC) + timedelta(minutes=5))
    assert standing.lanes() == {}
