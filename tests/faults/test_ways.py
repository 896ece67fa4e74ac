"""A real worker of the ways beside e-mail: other people's slow servers hold up nobody, a kill loses nothing."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from base.words import Lane
from delivery import endpoints, numbers, outbox
from delivery.models import Publication
from delivery.sealed import Sealed
from delivery.states import State
from portal.celery import app
from portal.embedded.launcher import TEXTS, WAYS
from tests.base import hostile
from tests.base.hostile import server
from tests.delivery import calls

from .plant import Plant

NETS = {"FAIRWAY_HTTP_TEST_NETS": "127.0.0.0/8", "FAIRWAY_EMBEDDED": "1"}


@pytest.fixture(autouse=True)
def _sinks(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS, settings.FAIRWAY_SMS_COUNTRIES = ["127.0.0.0/8"], ["ES"]


@pytest.fixture(scope="module")
def running(working: Plant) -> Plant:
    working.site.environment |= NETS
    working.site.start_worker("ways", queues=WAYS)
    return working


def send(plant: Plant, *to: Any) -> Publication:
    publication = calls.publish(to)
    ring(plant)
    return publication


def ring(plant: Plant, lane: str = Lane.ROUTINE, channel: str = endpoints.CHANNEL) -> None:
    """Over a connection of its own: the pools of this process may be another broker's."""
    said = {"lane": str(lane), "channel": channel}
    with app.connection_for_write(plant.valkey.url()) as link, link.Producer() as producer:
        app.send_task("delivery.tasks.send_batch", kwargs=said, queue=channel, producer=producer)


def test_severe_text_message_does_not_wait_for_any_strangers_server(running: Plant, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    running.site.environment |= {"FAIRWAY_SMS_URL": file.as_uri(), "FAIRWAY_SMS_COUNTRIES": "ES"}
    running.site.start_worker("texts", queues=TEXTS)
    with server(hostile.silence) as bad:
        slow = [calls.endpoint(bad) for _number in range(8)]
        for one in slow:
            send(running, one)
        running.wait(lambda: bad.connections == 8, "A call on each thread of the ways")
        message = Sealed("en", "Dover", "", bodies={numbers.CHANNEL: "PD-2027-0001 Closed."})
        to, now = numbers.get_or_create("+34612345678"), timezone.now()
        outbox.post(key="severe-text", to=to, message=message, lane=Lane.CRITICAL, now=now)
        ring(running, Lane.CRITICAL, numbers.CHANNEL)
        running.wait(file.exists, "The text message")
        assert (timezone.now() - now).total_seconds() < 10


def test_endpoint_that_never_answers_holds_up_no_notice_for_the_others(running: Plant) -> None:
    with server(hostile.silence) as bad, server() as good:
        slow, quick = calls.endpoint(bad), calls.endpoint(good)
        send(running, slow, quick)
        running.wait(lambda: bad.connections == 1 and len(good.asked) == 1, "The first calls")
        begun = time.monotonic()
        for number in (2, 3):
            send(running, quick)
            running.wait(lambda number=number: len(good.asked) == number, "A further notice")
        assert time.monotonic() - begun < 10
        assert calls.of(slow)[0].state == State.PENDING


def test_worker_killed_in_the_middle_of_a_call_makes_it_again_under_the_same_id(running: Plant) -> None:
    def slowly(talk: socket.socket) -> None:
        time.sleep(3)
        talk.sendall(hostile.OK)

    with server(slowly) as one:
        mine = calls.endpoint(one)
        publication = send(running, mine)
        running.wait(lambda: len(one.asked) == 1, "The call")
        running.kill("worker-ways")
        running.let_leases_run_out()
        running.site.start_worker("ways", queues=WAYS)
        ring(running)
        running.wait(lambda: len(one.asked) == 2, "The second call")
        running.wait(lambda: not publication.batches.filter(closed_at=None).exists(), "The end of the sending")
        assert len({calls.parts(asked)[0]["webhook-id"] for asked in one.asked}) == 1
        assert (calls.of(mine)[0].state, calls.of(mine)[0].twice) == (State.ACCEPTED, True)


def test_stop_lets_an_open_call_come_to_its_end(running: Plant) -> None:
    def slowly(talk: socket.socket) -> None:
        time.sleep(2)
        talk.sendall(hostile.OK)

    with server(slowly) as one:
        mine = calls.endpoint(one)
        send(running, mine)
        running.wait(lambda: len(one.asked) == 1, "The call")
        process = running.named("worker-ways")
        process.terminate()
        assert process.wait(30) == 0
        running.site.processes.remove(("worker-ways", process))
        assert (calls.of(mine)[0].state, len(one.asked)) == (State.ACCEPTED, 1)
