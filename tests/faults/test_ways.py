"""A real worker of the ways beside e-mail: other people's slow servers hold up nobody, a kill loses nothing."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from base.words import Lane
from delivery import endpoints
from delivery.models import Publication
from delivery.states import State
from portal.celery import app
from portal.embedded.launcher import WAYS
from tests.base import hostile
from tests.base.hostile import server
from tests.delivery import calls

from .plant import Plant

NETS = {"FAIRWAY_HTTP_TEST_NETS": "127.0.0.0/8", "FAIRWAY_EMBEDDED": "1"}


@pytest.fixture(autouse=True)
def _sinks(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["127.0.0.0/8"]


@pytest.fixture(scope="module")
def running(working: Plant) -> Plant:
    working.site.environment |= NETS
    working.site.start_worker("ways", queues=WAYS)
    return working


def send(plant: Plant, *to: Any) -> Publication:
    publication = calls.publish(to)
    ring(plant)
    return publication


def ring(plant: Plant) -> None:
    """Over a connection of its own: the pools of this process may be another broker's."""
    said = {"lane": str(Lane.ROUTINE), "channel": endpoints.CHANNEL}
    with app.connection_for_write(plant.valkey.url()) as link, link.Producer() as producer:
        app.send_task("delivery.tasks.send_batch", kwargs=said, queue=endpoints.CHANNEL, producer=producer)


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
