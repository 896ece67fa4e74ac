"""Who leaves, or is refused for good, while a notice is being sent: no window that opens afterwards holds them.

Row 22 of the failure modes.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.models import Refusal
from delivery import addresses, reports, seals, suppression
from delivery.channels.email import BULK_WINDOW
from delivery.models import Address, Publication
from delivery.states import State
from tests.delivery.test_pipe import NOW, publish, relay_for, run_all, states

__all__ = ["relay_for"]
pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, LEAVING = 2_000, 12


def test_who_leaves_at_half_of_a_run_gets_nothing_more_of_it(relay_for: Any) -> None:
    """By the one-click header, by the page of the same link, by a complaint or by a refusal: 0 sends later."""
    relay = relay_for(lambda to, attempt: (time.sleep(0.005), "250 ok", "250 kept")[1:])
    publish(PEOPLE)
    Client().post(reverse("leave", args=["rubbish"]))  # the first page of a process is slow
    run = threading.Thread(target=_run)
    run.start()
    while len(relay.accepted) < PEOPLE // 2:
        time.sleep(0.001)
    on_their_way = {to for to, _attempts in list(relay.attempts.items())}
    later = Address.objects.exclude(key__in=on_their_way).order_by("-pk")[:LEAVING]
    gone = dict(later.values_list("pk", "key"))
    for number, address_id in enumerate(gone):
        WAYS[number % len(WAYS)](address_id)
    left_after = len(relay.accepted)
    run.join()
    assert left_after < PEOPLE - BULK_WINDOW - LEAVING, "they left in the middle"
    assert not set(gone.values()) & set(relay.counts())
    assert states() == {State.ACCEPTED: PEOPLE - LEAVING, State.SUPPRESSED: LEAVING}
    assert reports.report(Publication.objects.get()).left_out == {"suppressed": LEAVING}
    assert Refusal.objects.count() == LEAVING // 2


def _one_click(address_id: int) -> None:
    link = reverse("leave", args=[seals.seal("leave", address_id)])
    assert Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200


def _page(address_id: int) -> None:
    assert Client().post(reverse("leave", args=[seals.seal("leave", address_id)])).status_code < 400


WAYS = (
    _one_click,
    _page,
    lambda address_id: suppression.complained(address_id, now=NOW),
    lambda address_id: addresses.suppress(address_id, reason=addresses.Reason.BOUNCED, now=NOW),
)


def _run() -> None:
    try:
        run_all()
    finally:
        connection.close()
