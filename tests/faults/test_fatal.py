"""Poison in the middle of a run of real workers: what kills them stops at three, everybody else gets the mail.

Row 14 of the failure modes, with `tests.delivery.test_poison`.
"""

from __future__ import annotations

from base.words import Lane
from delivery import reports
from delivery.models import Address, Delivery
from delivery.states import State

from .plant import Plant

PEOPLE, POISON, FATAL = 1_000, 60, "p530@plant.invalid"
LEASE_S = 3


def test_sixty_rows_in_a_run_of_a_thousand_and_one_that_kills_harm_nobody_else(working: Plant) -> None:
    publication = working.publish(PEOPLE, lane=Lane.ROUTINE)
    ill = range(500, 500 + POISON)
    for number in ill:  # past every rule, as a row of before them would stand there
        if f"p{number}@plant.invalid" != FATAL:
            Address.objects.filter(key=f"p{number}@plant.invalid").update(key=f"p{number}\r\nRCPT TO:<x@y>")
    for name in ("one", "two"):
        working.start_odd_worker(Lane.ROUTINE, name, "tests.faults.fatal_worker", FATAL, FAIRWAY_LEASE_S=LEASE_S)
    working.site.start_worker(Lane.CRITICAL)
    working.site.start_beat()
    report = working.wait_for(publication)
    row = Delivery.objects.get(publication=publication, address__key=FATAL)
    assert (row.state, row.crashes) == (State.PARKED, 3)
    assert dict(reports.states(publication)) == {State.ACCEPTED: PEOPLE - POISON, State.PARKED: POISON}
    told = Delivery.objects.filter(publication=publication, state=State.PARKED).exclude(pk=row.pk)
    assert set(told.values_list("code", flat=True)) == {"unfit"}
    got = working.accepted()
    assert len(got) == PEOPLE - POISON and FATAL not in got
    assert sum(got.values()) - len(got) <= report.twice
