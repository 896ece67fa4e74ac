"""What a monitoring system reads: real counts, for who may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from base.words import Lane
from delivery import outbox, postman
from delivery.sealed import Sealed
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def read(client: Client, **headers: Any) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def post(number: int, lane: str = Lane.CRITICAL) -> None:
    now = datetime.now(UTC)
    outbox.post(key=f"m:{number}", to=f"a{number}@reader.invalid", message=Sealed("en", "x", "x"), now=now, lane=lane)


def test_counts_follow_what_waits_and_what_was_sent(client: Client, smtp_sink: Any) -> None:
    make.at_work()
    for number in range(3):
        post(number)
    found = read(client)
    assert found["fairway_batches_due", "email", "critical"] == 3
    assert found["fairway_batches_due", "email", "routine"] == 0
    assert found["fairway_publications_total", "critical"] == 3
    assert 0 <= found["fairway_oldest_waiting_seconds", "email", "critical"] < 5
    assert 0 <= found["fairway_heartbeat_age_seconds", "lane:digest"] < 5
    assert ("fairway_deliveries_last_day", "critical", "accepted") not in found


def test_what_came_of_closed_batches_is_counted_by_lane_and_state(client: Client, smtp_sink: Any) -> None:
    for number in range(3):
        post(number)
    post(9, Lane.PERSONAL)
    for lane in (Lane.CRITICAL, Lane.PERSONAL):
        postman.work(lane)
    found = read(client)
    assert found["fairway_deliveries_last_day", "critical", "accepted"] == 3
    assert found["fairway_deliveries_last_day", "personal", "accepted"] == 1
    assert found[("fairway_uncertain_share",)] == found[("fairway_parked_last_day",)] == 0


def test_late_promise_is_counted(client: Client) -> None:
    assert read(client)[("fairway_promises_late",)] == 0
    make.issued(next_update_at=make.in_hours(1))
    with make.clock_at(make.in_hours(2)):
        assert read(client)[("fairway_promises_late",)] == 1


@pytest.mark.parametrize(
    ("token", "said", "status"),
    [("", "", 404), ("", "Bearer ", 404), ("k" * 40, "", 404), ("k" * 40, "Bearer x", 404), ("k" * 40, "k" * 40, 404),
     ("k" * 40, "Bearer " + "k" * 40, 200), ("k" * 40, "Bearer schlüssel", 404)],
)  # fmt: skip
def test_stranger_reads_nothing_without_the_token(
    client: Client, settings: Any, token: str, said: str, status: int
) -> None:
    settings.FAIRWAY_METRICS_TOKEN = token
    answer = client.get("/metrics", headers={"Authorization": said}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == status


def test_machine_itself_may_read_and_whom_a_proxy_on_it_speaks_for_may_not(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
