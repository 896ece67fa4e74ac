"""Row 27 of the failure modes: what is forgotten each hour never makes a notice wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.db.models import QuerySet

from base import purge
from base.words import Lane
from delivery import intake, standing
from delivery.inbound import Kind
from delivery.models import Inbound

from .test_pipe import NOW, publish, relay_for, run_all

__all__ = ["relay_for"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def old_mails(count: int) -> QuerySet[Inbound]:
    made = NOW - timedelta(days=91)
    Inbound.objects.bulk_create(
        Inbound(digest=f"{number:064d}", door="lmtp", kind=Kind.AUTOMATIC, received_at=made, applied_at=made)
        for number in range(count)
    )
    return Inbound.objects.filter(received_at=made)


@pytest.fixture
def other() -> Iterator[Any]:
    """Somebody else's session."""
    link = psycopg2.connect(**connection.get_connection_params())
    yield link
    link.close()


def test_two_and_a_half_thousand_old_rows_go_in_three_steps_of_their_own(other: Any) -> None:
    old, left = old_mails(2_500), list[int]()

    def committed() -> bool:
        with other, other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM delivery_inbound")
            left.append(cursor.fetchone()[0])
        return False

    assert purge.in_steps(old, QuerySet.delete, busy=committed) == 2_500
    assert left == [2_500, 1_500, 500] and not Inbound.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",), "whoever uses this connection next takes its time"


def test_purge_waits_while_a_critical_batch_is_due_and_goes_on_after(relay_for: Any) -> None:
    relay, old = relay_for(), old_mails(10)
    publish(2, key="routine", lane=Lane.ROUTINE)
    publish(2, key="critical", lane=Lane.CRITICAL)
    assert intake.forget(now=NOW) == 0 and old.count() == 10
    run_all(Lane.CRITICAL)
    assert len(relay.accepted) == 2
    assert intake.forget(now=NOW) == 10, "what is routine holds nothing up"


def test_purge_that_begins_before_a_critical_batch_stops_between_two_steps() -> None:
    old = old_mails(2_500)

    def change(some: QuerySet[Inbound]) -> None:
        some.delete()
        publish(1, key="critical", lane=Lane.CRITICAL)

    assert purge.in_steps(old, change, busy=standing.urgent) == purge.MOST
    assert old.count() == 1_500


def test_purge_behind_a_lock_ends_by_its_timeout_and_the_next_bell_goes_on(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "STATEMENT_S", 0.3)
    old = old_mails(3)
    other.cursor().execute("LOCK TABLE delivery_inbound IN EXCLUSIVE MODE")
    begun = time.monotonic()
    assert intake.forget(now=NOW) == 0
    assert 0.3 <= time.monotonic() - begun < 3
    other.rollback()
    assert intake.forget(now=NOW) == 3 and not old.exists()


def test_row_that_somebody_is_changing_is_left_for_the_next_bell(other: Any) -> None:
    old = old_mails(3)
    other.cursor().execute("UPDATE delivery_inbound SET door = door WHERE digest = %s", [f"{1:064d}"])
    assert intake.forget(now=NOW) == 2
    other.rollback()
    assert intake.forget(now=NOW) == 1 and not old.exists()
