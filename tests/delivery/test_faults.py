"""What goes wrong between the database, the workers and the next mail server, and what nobody notices of it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from base.words import Lane
from delivery import claim, outbox, postman, reports, tasks
from delivery.channels.email import EmailChannel
from delivery.models import Address, Batch, Delivery, Publication
from delivery.outcomes import Outcome
from delivery.states import FOLLOWS, State, may_follow
from portal.embedded.processes import free_port

from .test_pipe import NOW, TEXT, forget_failures, make_due, publish, relay_for, run_all, states

__all__ = ["relay_for"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_server_that_never_answers_the_dot_gets_two_copies_and_no_more(relay_for: Any) -> None:
    relay = relay_for(lambda to, attempt: ("250 ok", "cut"))
    publish(3)
    for _round in range(6):
        run_all()
        make_due()
    assert set(relay.counts().values()) == {2}
    assert states() == {State.PARKED: 3}
    report = reports.report(Publication.objects.get())
    assert report.finished
    assert report.counts["technical"] == 3


def test_connection_lost_while_idle_delays_nobody(relay_for: Any) -> None:
    relay = relay_for()
    publish(5)
    run_all()
    kept = postman.channel()
    assert isinstance(kept, EmailChannel)
    for each in kept.connections:
        assert each.sock is not None
        each.sock.shutdown(2)
    publish(5, key="next")
    run_all()
    assert states() == {State.ACCEPTED: 10}
    assert sum(relay.counts().values()) == 10


def test_server_that_ends_a_session_after_some_mails_is_called_again(relay_for: Any, settings: Any) -> None:
    settings.FAIRWAY_MAIL_CONNECTIONS = 1
    asked = iter(range(1_000))
    relay = relay_for(lambda to, attempt: ("421 4.7.0 enough" if next(asked) % 7 == 5 else "250 ok", "250 kept"))
    publish(60)
    run_all()
    assert states() == {State.ACCEPTED: 60}
    assert set(relay.counts().values()) == {1}


def test_slow_server_does_not_outlast_the_lease(relay_for: Any) -> None:
    def slowly(to: str, attempt: int) -> tuple[str, str]:
        time.sleep(0.05)
        return "250 ok", "250 kept"

    relay = relay_for(slowly)
    publish(50)
    begun = time.monotonic()
    sent = postman.work(Lane.ROUTINE, seconds=0.5)
    assert time.monotonic() - begun < 2
    assert 0 < sent < 50
    assert states() == {State.ACCEPTED: sent, State.PENDING: 50 - sent}
    assert not Delivery.objects.filter(state=State.PENDING, attempts__gt=0).exists()
    run_all()
    assert states() == {State.ACCEPTED: 50}
    assert set(relay.counts().values()) == {1}


def test_workers_side_by_side_send_nobody_two(relay_for: Any) -> None:
    relay = relay_for()
    publish(1_600)

    def worker() -> None:
        own = EmailChannel()
        try:
            while (lease := claim.take(Lane.ROUTINE)) is not None:
                outcomes: list[Outcome] = []
                while not (window := claim.turn(lease, outcomes, 50)).ended:
                    outcomes = list(own.send(window.items, end=time.monotonic() + 60, until=time.monotonic() + 60))
                claim.close(lease)
        finally:
            own.close()
            connection.close()

    workers = [threading.Thread(target=worker) for _number in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert states() == {State.ACCEPTED: 1_600}
    assert set(relay.counts().values()) == {1}
    assert len(relay.counts()) == 1_600


def test_worker_that_lost_its_lease_writes_nothing() -> None:
    publish(5)
    first = claim.take(Lane.ROUTINE)
    assert first is not None
    items = claim.turn(first, [], 5).items
    Batch.objects.update(lease_until=NOW - timedelta(hours=1))
    second = claim.take(Lane.ROUTINE)
    assert second is not None
    late = [Outcome(item.id, State.FAILED, "550") for item in items]
    for write in (lambda: claim.turn(first, late, 5), lambda: claim.hand_back(first, late)):
        with pytest.raises(claim.LeaseLost):
            write()
    assert states() == {State.UNCERTAIN: 5}
    assert claim.turn(second, [], 5).ended


def test_lost_doorbell_is_rung_again_by_the_pump(settings: Any) -> None:
    publish(5)
    publish(5, key="urgent", lane=Lane.CRITICAL)
    broker, queues = redis.Redis.from_url(settings.REDIS_URL), ("fairway:critical", "fairway:routine")
    broker.delete(*queues)  # whatever bell rang, nobody heard it
    tasks.pump()
    assert [broker.llen(queue) for queue in queues] == [1, 1]
    broker.delete(*queues)


def test_bells_do_not_pile_up_before_a_busy_worker(settings: Any) -> None:
    publish(5)
    broker, queue = redis.Redis.from_url(settings.REDIS_URL), "fairway:routine"
    broker.delete(queue)
    for _ring in range(10):
        tasks.pump()
    assert broker.llen(queue) == tasks.ENOUGH
    broker.delete(queue)


def test_full_broker_costs_a_bell_and_nothing_else(settings: Any) -> None:
    publish(5)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            broker.set("anything", "x")
        tasks.pump()
        tasks.ring("contacts.tasks.sweep", Lane.CRITICAL)
    finally:
        broker.config_set("maxmemory", 0)
    assert states() == {State.PENDING: 5}


def test_batch_of_a_dead_worker_is_due_again_when_its_lease_ends() -> None:
    publish(5)
    assert claim.due() == {("email", Lane.ROUTINE): 1}
    claim.take(Lane.ROUTINE)
    assert claim.due() == {}
    Batch.objects.update(lease_until=NOW - timedelta(hours=1))
    assert claim.due() == {("email", Lane.ROUTINE): 1}


def test_paused_version_that_is_replaced_ends_too(relay_for: Any) -> None:
    relay = relay_for()
    first = publish(20, key="v1")
    outbox.hold(first, by="test", now=NOW)
    publish(20, key="v2", replaces=[first.pk])
    run_all()
    assert set(relay.counts().values()) == {1}
    assert reports.report(Publication.objects.get(pk=first.pk)).left_out == {"superseded": 20}


def test_stop_ends_what_waits_for_another_try_at_once(relay_for: Any) -> None:
    relay_for(lambda to, attempt: ("451 4.7.1 later", ""))
    publication = publish(10)
    run_all()
    assert states() == {State.DEFERRED: 10}
    outbox.stop(publication, by="test", now=datetime.now(UTC))
    run_all()
    assert states() == {State.STOPPED: 10}


def test_last_try_comes_no_later_than_the_end_of_its_use(relay_for: Any) -> None:
    relay_for(lambda to, attempt: ("451 4.7.1 later", ""))
    publication = publish(5)
    end = datetime.now(UTC) + timedelta(seconds=20)  # sooner than the first retry would be
    Publication.objects.filter(pk=publication.pk).update(give_up_at=end)
    run_all()
    assert Batch.objects.get(closed_at=None).due_at == end


def test_stopped_while_it_was_being_expanded_it_is_finished_all_the_same() -> None:
    publication = outbox.open(
        key="k", lane=Lane.ROUTINE, messages=[], audience={}, give_up_at=NOW + timedelta(hours=1), now=NOW
    )
    outbox.stop(publication, by="test", now=NOW)
    publication.refresh_from_db()
    assert reports.report(publication).finished


def test_every_state_says_what_may_follow() -> None:
    assert set(FOLLOWS) == set(State)
    assert not may_follow(State.FAILED, State.WIRE)
    assert may_follow(State.ACCEPTED, State.BOUNCED)


def test_row_that_kills_its_worker_stops_after_three_and_takes_nobody_along(relay_for: Any) -> None:
    """What a killed worker leaves behind: its lease runs out, and what it had on the wire is in doubt."""
    relay = relay_for()
    publish(60)
    poison, kills = "p7@people.invalid", 0
    for _round in range(8):
        while (lease := claim.take(Lane.ROUTINE)) is not None:
            outcomes: list[Outcome] = []
            while not (window := claim.turn(lease, outcomes, 1 if lease.careful else 50)).ended:
                fatal = next((item for item in window.items if item.to == poison), None)
                sent = [item for item in window.items if fatal is None or item.position < fatal.position]
                outcomes = list(postman.channel().send(sent, end=time.monotonic() + 60, until=time.monotonic() + 60))
                if fatal is not None:
                    kills += 1
                    break  # the worker is dead: it writes nothing
            if window.ended:
                claim.close(lease)
            Batch.objects.filter(closed_at=None).update(lease_until=NOW - timedelta(hours=1))
        make_due()
    assert kills == 3
    assert states() == {State.ACCEPTED: 59, State.PARKED: 1}
    assert max(relay.counts().values()) == 2


def test_mail_that_cannot_be_built_is_set_aside_and_the_others_go(relay_for: Any) -> None:
    relay = relay_for()
    publish(20)
    Address.objects.filter(key="p4@people.invalid").update(key="pä4@people.invalid")  # a row of before the rules
    run_all()
    assert states() == {State.ACCEPTED: 19, State.PARKED: 1}
    assert set(relay.counts().values()) == {1}


def test_server_that_drips_its_answers_does_not_outlast_the_round(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
        threading.Thread(target=_drip, args=(listener,), daemon=True).start()
        publish(3)
        lease = claim.take(Lane.ROUTINE)
        assert lease is not None
        items = claim.turn(lease, [], 50).items
        begun = time.monotonic()
        outcomes = list(EmailChannel().send(items, end=begun + 1, until=begun + 1))
    assert time.monotonic() - begun < 2
    assert [outcome.state for outcome in outcomes] == [State.DEFERRED] * 3


def _drip(listener: socket.socket) -> None:
    client, _peer = listener.accept()
    try:
        while True:
            client.sendall(b"2")  # an octet now and then, never the end of the line
            time.sleep(0.1)
    except OSError:
        client.close()


def test_server_out_of_reach_is_asked_again_soon_and_one_that_refuses_more_and_more_rarely(
    relay_for: Any, settings: Any
) -> None:
    settings.EMAIL_PORT = free_port()
    postman.channel().close()
    publish(5)
    waits = []
    for _try in range(6):
        run_all()
        waits.append(_next_try_s())
        make_due()
    assert waits[0] < 3, "a connection that was cut once costs a notice seconds"
    assert 40 < max(waits) <= 120 * (1 + claim.JITTER)
    relay_for(lambda to, attempt: ("451 4.7.1 later", ""))
    forget_failures()
    run_all()
    assert _next_try_s() > 120 * (1 + claim.JITTER)


def _next_try_s() -> float:
    return (Batch.objects.get(closed_at=None).due_at - datetime.now(UTC)).total_seconds()


def test_server_that_puts_everybody_off_loses_nobody_and_ends_at_the_give_up_time(relay_for: Any) -> None:
    relay = relay_for(lambda to, attempt: ("451 4.7.1 later", ""))
    publication = publish(1_200)
    for _round in range(3):
        run_all()
        assert states() == {State.DEFERRED: 1_200}
        make_due()
    Publication.objects.filter(pk=publication.pk).update(give_up_at=NOW - timedelta(minutes=1))
    run_all()
    assert states() == {State.TOO_LATE: 1_200}
    assert relay.accepted == []
    assert reports.report(Publication.objects.get()).finished


def test_commit_whose_answer_was_lost_leaves_nobody_on_the_wire(relay_for: Any) -> None:
    relay = relay_for()
    publish(100)
    lease = claim.take(Lane.ROUTINE)
    assert lease is not None
    first = claim.turn(lease, [], 50)
    outcomes = list(postman.channel().send(first.items, end=time.monotonic() + 60, until=time.monotonic() + 60))
    again = replace(lease)
    unheard = claim.turn(lease, outcomes, 50)  # it committed, but the worker saw an error
    second = claim.turn(again, outcomes, 50)
    assert second == unheard
    lease = again
    outcomes = list(postman.channel().send(second.items, end=time.monotonic() + 60, until=time.monotonic() + 60))
    assert claim.turn(lease, outcomes, 50).ended
    claim.close(lease)
    assert states() == {State.ACCEPTED: 100}
    assert set(relay.counts().values()) == {1}


def test_clock_of_a_web_machine_that_runs_ahead_delays_no_personal_mail(relay_for: Any) -> None:
    relay = relay_for()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    outbox.post(key="reset:1", to="ann@people.invalid", message=TEXT, now=ahead)
    run_all(Lane.PERSONAL)
    assert relay.counts() == {"ann@people.invalid": 1}


def test_worker_that_cannot_write_for_a_while_sends_nobody_two(relay_for: Any) -> None:
    """A full disk: the server refuses every write with the very error it gives then, until there is room again."""
    relay = relay_for()
    publish(150)

    def full_then_free() -> None:
        try:
            while len(relay.accepted) < 60:
                time.sleep(0.001)
            _disk(full=True)
            time.sleep(1.5)
            _disk(full=False)
        finally:
            connection.close()

    other = threading.Thread(target=full_then_free)
    other.start()
    with suppress(OperationalError):  # no room for a new lease either: the pump rings again
        run_all()
    other.join()
    run_all()
    assert states() == {State.ACCEPTED: 150}
    assert set(relay.counts().values()) == {1}


def _disk(*, full: bool) -> None:
    with connection.cursor() as cursor:
        if full:
            cursor.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER no_room BEFORE UPDATE ON delivery_batch EXECUTE FUNCTION no_room()"
            )
        else:
            cursor.execute("DROP FUNCTION no_room() CASCADE")


def test_database_that_goes_away_while_the_rest_is_left_out_forgets_nobody(
    relay_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = relay_for()
    publication = publish(60)
    send, execute, failures = EmailChannel.send, CursorWrapper.execute, iter([OperationalError("gone")])

    def stopped_meanwhile(self: EmailChannel, *arguments: Any, **options: Any) -> Any:
        yield from send(self, *arguments, **options)
        Publication.objects.filter(pk=publication.pk).update(stopped_at=NOW, stop_state=State.STOPPED)

    def once(self: CursorWrapper, sql: str, parameters: Any = None) -> Any:
        if sql == claim._LEAVE_OUT:
            for error in failures:
                raise error
        return execute(self, sql, parameters)

    monkeypatch.setattr(EmailChannel, "send", stopped_meanwhile)
    monkeypatch.setattr(CursorWrapper, "execute", once)
    run_all()
    assert states() == {State.ACCEPTED: 50, State.STOPPED: 10}
    assert len(relay.accepted) == 50
