"""A critical notice in the middle of a large routine one: it waits for nobody.

Row 15 of the failure modes.
"""

from __future__ import annotations

import time

from django.utils import timezone

from base.words import Lane
from delivery import outbox, reports, tasks

from .plant import Plant

CROWD, FEW = 20_000, 200
MOST_S, P95_S = 60, 30


def test_critical_notice_is_not_kept_waiting_by_twenty_thousand_routine_mails(working: Plant) -> None:
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        working.site.start_worker(lane)
    working.site.start_beat()
    routine = working.publish(CROWD, lane=Lane.ROUTINE)
    tasks.wake(Lane.ROUTINE)
    working.wait(lambda: working.count() > 500, "The large run")
    critical, begun = working.publish(FEW, lane=Lane.CRITICAL), time.monotonic()
    people = {f"p{number}@plant.invalid" for number in range(CROWD, CROWD + FEW)}
    tasks.wake(Lane.CRITICAL)
    p95 = 0.0
    while (got := len(people & set(working.accepted()))) < FEW:
        p95 = p95 or (time.monotonic() - begun) * (got >= 0.95 * FEW)
        assert time.monotonic() - begun < MOST_S, working.words()
        time.sleep(0.2)
    assert (p95 or time.monotonic() - begun) <= P95_S
    assert not reports.report(routine).finished, "it was going all the while"
    assert working.wait_for(critical).twice == 0
    outbox.stop(routine, by="test", now=timezone.now())
