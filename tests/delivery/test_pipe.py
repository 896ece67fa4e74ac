"""From an open publication to acceptances on a real SMTP server: each person once, whatever goes wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection

from base.models import AuditEntry
from base.words import Lane
from delivery import addresses, claim, outbox, postman, reports, seals
from delivery.channels.email import BULK_WINDOW
from delivery.models import Address, Batch, Delivery, Publication
from delivery.models import Relay as RelayRow
from delivery.sealed import GREETING, LEAVE_URL, Sealed
from delivery.states import State
from portal.embedded.processes import CHECKOUT, free_port

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
TEXT = Sealed("en", "Dover closed", f"Dear {GREETING},\n.A line with a dot.\nLeave: {LEAVE_URL}\n", "<p>Dover</p>")


class Relay:
    """A scripted SMTP server: `script(recipient, attempt)` gives the reply to RCPT and to the final dot."""

    def __init__(self, script: Any = None, *, extensions: str = "PIPELINING 8BITMIME") -> None:
        self.script = script or (lambda to, attempt: ("250 ok", "250 kept"))
        self.extensions = extensions.split()
        self.accepted: list[tuple[str, str, bytes]] = []
        self.attempts: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = client.makefile("rb")
        say = lambda text: client.sendall(text.encode() + b"\r\n")  # noqa: E731
        say("220 sink")
        sender = to = ""
        end = "250 kept"
        try:
            while line := lines.readline():
                word = line[:4].upper()
                if word == b"EHLO":
                    offers = ["sink", *self.extensions]
                    for number, offer in enumerate(offers):
                        say(f"250{' ' if number == len(offers) - 1 else '-'}{offer}")
                elif word == b"MAIL":
                    sender, to = line.split(b"<")[1].split(b">")[0].decode(), ""
                    say("250 ok")
                elif word == b"RCPT":
                    who = line.split(b"<")[1].split(b">")[0].decode()
                    self.attempts[who] += 1
                    reply, end = self.script(who, self.attempts[who])
                    if reply == "cut":
                        client.close()
                        return
                    to = who if reply.startswith("2") else ""
                    say(reply)
                elif word == b"DATA" and not to:
                    say("503 no recipient")
                elif word == b"DATA":
                    say("354 go")
                    content = b""
                    while (part := lines.readline()) != b".\r\n":
                        content += part[1:] if part.startswith(b"..") else part
                    self.gate.wait(20)
                    if end == "cut":
                        self.accepted.append((sender, to, content))
                        client.close()
                        return
                    if end.startswith("2"):
                        self.accepted.append((sender, to, content))
                    say(end)
                else:
                    say("250 ok")
        except OSError:
            return

    def counts(self) -> Counter[str]:
        return Counter(to for _sender, to, _content in self.accepted)


@pytest.fixture
def relay_for(settings: Any) -> Iterator[Any]:
    made: list[Relay] = []

    def make(*arguments: Any, **options: Any) -> Relay:
        relay = Relay(*arguments, **options)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", relay.port
        postman.channel().close()
        made.append(relay)
        return relay

    yield make
    postman.channel().close()
    for relay in made:
        relay.listener.close()


def everybody(after: int, upto: int) -> tuple[str, list[int]]:
    return (
        "SELECT id AS address_id, 'en' AS language, 'Ann' AS greeting, '' AS variant, '' AS why "
        "FROM delivery_address "
        "WHERE id > %s AND id <= %s ORDER BY id",
        [after, upto],
    )


def publish(people: int, *, lane: str = Lane.ROUTINE, key: str = "k", **options: Any) -> Publication:
    addresses.get_or_create_many(f"p{n}@people.invalid" for n in range(people))
    life = options.pop("life", timedelta(hours=1))
    publication = outbox.open(
        key=key, lane=lane, messages=[TEXT], audience={}, give_up_at=NOW + life, now=NOW, **options
    )
    while outbox.enlist(publication.pk, people=lambda _p: everybody, official_language="en", now=NOW) is not None:
        pass
    publication.refresh_from_db()
    return publication


def run_all(lane: str = Lane.ROUTINE) -> None:
    while postman.work(lane, seconds=30):
        pass


def make_due() -> None:
    Batch.objects.filter(closed_at=None).update(due_at=NOW - timedelta(hours=1))


def forget_failures() -> None:
    """As if the mail servers had rested long enough to be asked again."""
    RelayRow.objects.all().delete()
    postman.channel().close()


def states() -> dict[str, int]:
    """State → how many deliveries are in it now, of all publications."""
    return dict(sum((reports.states(each) for each in Publication.objects.all()), Counter()))


def test_each_person_gets_one_mail_of_their_own(relay_for: Any) -> None:
    relay = relay_for()
    publish(700)
    run_all()
    assert relay.counts() == {f"p{n}@people.invalid": 1 for n in range(700)}
    for sender, to, content in relay.accepted:
        mail = message_from_bytes(content, policy=policy.default)
        assert mail["To"] == to
        assert "Cc" not in mail
        row = Delivery.objects.get(address__key=to)
        assert seals.unseal("bounce", sender.split("+")[1].split("@")[0]) == row.pk
        assert seals.seal("message", row.pk) in mail["Message-ID"]
        assert seals.seal("leave", row.address_id) in mail["List-Unsubscribe"]
        assert seals.seal("leave", row.address_id) in mail.get_body(("plain",)).get_content()
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert "\n.A line with a dot." in mail.get_body(("plain",)).get_content()
        assert all(len(line) <= 998 for line in content.split(b"\r\n"))


@pytest.mark.parametrize("extensions", ["PIPELINING 8BITMIME", "PIPELINING", "8BITMIME", ""])
def test_refusals_of_every_kind_end_no_batch(relay_for: Any, extensions: str) -> None:
    answers = {
        0: ("550 5.1.1 nobody", ""),
        1: ("451 4.7.1 later", ""),
        2: ("250 ok", "554 5.6.0 not this"),
        3: ("250 ok", "452 4.2.2 full"),
    }
    relay = relay_for(
        lambda to, attempt: answers.get(int(to[1:].split("@")[0]) % 8, ("250 ok", "250 kept")),
        extensions=extensions,
    )
    publish(80)
    assert postman.work(Lane.ROUTINE, seconds=30) == 80
    assert states() == {State.ACCEPTED: 40, State.FAILED: 20, State.DEFERRED: 20}
    assert set(relay.counts().values()) == {1}


def test_greylisted_mail_goes_at_its_due_time_and_not_before(relay_for: Any) -> None:
    relay = relay_for(lambda to, attempt: ("250 ok" if attempt > 1 else "451 4.7.1 greylisted", "250 kept"))
    publish(10)
    run_all()
    assert states() == {State.DEFERRED: 10}
    waiting = Batch.objects.get(closed_at=None)
    assert 45 <= (waiting.due_at - datetime.now(UTC)).total_seconds() <= 75
    make_due()
    run_all()
    assert states() == {State.ACCEPTED: 10}
    assert set(relay.counts().values()) == {1}


def test_cut_before_the_dot_is_tried_again_and_after_it_is_uncertain(relay_for: Any, settings: Any) -> None:
    settings.FAIRWAY_MAIL_CONNECTIONS = 1
    cuts = {0: ("cut", ""), 3: ("cut", ""), 5: ("250 ok", "cut")}
    relay = relay_for(
        lambda to, attempt: (
            cuts.get(int(to[1:].split("@")[0]), ("250 ok", "250 kept")) if attempt == 1 else ("250 ok", "250 kept")
        )
    )
    publish(10)
    first = claim.take(Lane.ROUTINE)
    assert first is not None
    postman.work_lease(first, time.monotonic() + 30)
    codes = dict(Delivery.objects.exclude(state=State.ACCEPTED).values_list("address__key", "code"))
    # p3 went at once over a fresh connection, since the one that was cut had served others before.
    assert codes == {"p0@people.invalid": "cut", "p5@people.invalid": "cut"}
    make_due()
    run_all()
    assert states() == {State.ACCEPTED: 10}
    counts = relay.counts()
    assert counts.pop("p5@people.invalid") == 2, "the one mail that both sides owned"
    assert set(counts.values()) == {1}


def test_worker_killed_in_the_middle_leaves_only_its_window_uncertain(relay_for: Any, settings: Any) -> None:
    relay = relay_for()
    publish(300)
    code = (
        "import os,django;os.environ['DJANGO_SETTINGS_MODULE']='portal.settings';django.setup();"
        "from delivery import postman;postman.work('routine')"
    )
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + name
    environment = {**os.environ, "DATABASE_URL": url, "EMAIL_URL": f"smtp://127.0.0.1:{relay.port}"}
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=CHECKOUT)
    while len(relay.accepted) < 120:
        time.sleep(0.005)
    relay.gate.clear()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    relay.gate.set()
    Batch.objects.update(lease_until=NOW - timedelta(minutes=1))
    on_wire = reports.report(Publication.objects.get()).on_wire
    assert on_wire <= BULK_WINDOW
    make_due()
    run_all()
    make_due()
    run_all()
    assert states() == {State.ACCEPTED: 300}
    assert len(relay.counts()) == 300
    twice = sum(relay.counts().values()) - 300
    assert twice <= reports.report(Publication.objects.get()).twice == on_wire


def test_stop_at_half_lets_only_the_open_window_go(relay_for: Any) -> None:
    relay = relay_for()
    publication = publish(1_000)
    at_stop: list[int] = []
    stopper = threading.Thread(target=_stop_at, args=(relay, publication, 500, at_stop))
    stopper.start()
    run_all()
    stopper.join()
    sent = len(relay.accepted)
    assert 500 <= at_stop[0] < 1_000
    assert sent <= at_stop[0] + BULK_WINDOW
    assert states() == {State.ACCEPTED: sent, State.STOPPED: 1_000 - sent}
    left = reports.report(Publication.objects.get())
    assert left.left_out == {"stopped": 1_000 - sent}
    assert left.finished


def _stop_at(relay: Relay, publication: Publication, count: int, at_stop: list[int]) -> None:
    try:
        while len(relay.accepted) < count:
            time.sleep(0.001)
        outbox.stop(publication, by="test", now=datetime.now(UTC))
        at_stop.append(len(relay.accepted))
    finally:
        connection.close()


def test_pause_keeps_the_rest_and_resume_sends_it(relay_for: Any) -> None:
    relay = relay_for()
    publication = publish(200)
    outbox.hold(publication, by="test", now=NOW)
    run_all()
    assert relay.accepted == []
    outbox.resume(publication, by="test", now=NOW)
    run_all()
    assert len(relay.counts()) == 200


def test_what_has_all_left_is_neither_stopped_nor_paused(relay_for: Any) -> None:
    relay_for()
    publication = publish(3)
    run_all()
    assert not outbox.stop(publication, by="test", now=NOW) and not outbox.hold(publication, by="test", now=NOW)
    report = reports.report(Publication.objects.get(pk=publication.pk))
    assert report.finished and not report.stopped and not report.held
    assert not AuditEntry.objects.filter(action__startswith="sending.").exists()
    assert outbox.reopen(publication.pk) and outbox.stop(publication, by="test", now=NOW)
    assert not outbox.reopen(publication.pk)


def test_newer_version_takes_over_what_has_not_left(relay_for: Any) -> None:
    relay = relay_for()
    first = publish(50, key="v1")
    publish(50, key="v2", replaces=[first.pk])
    run_all()
    assert set(relay.counts().values()) == {1}
    assert Delivery.objects.filter(publication=first, state=State.SUPERSEDED).count() == 50


def test_who_leaves_while_it_is_being_sent_gets_nothing_more(relay_for: Any) -> None:
    relay = relay_for()
    publish(5)
    addresses.suppress(Address.objects.get(key="p3@people.invalid").pk, reason="left", now=NOW)
    run_all()
    assert "p3@people.invalid" not in relay.counts()
    assert states() == {State.ACCEPTED: 4, State.SUPPRESSED: 1}


def test_after_its_time_a_closure_is_not_sent_any_more(relay_for: Any) -> None:
    relay = relay_for()
    publish(5, life=timedelta(seconds=-1))
    run_all()
    assert relay.accepted == []
    assert states() == {State.TOO_LATE: 5}


def test_connection_that_rested_and_was_ended_costs_nobody_a_minute(relay_for: Any, settings: Any) -> None:
    first = relay_for()
    publish(5)
    run_all()
    postman.channel().connections[0].sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
    postman.channel().used_at -= 60  # type: ignore[attr-defined]
    addresses.get_or_create_many(["later@people.invalid"])
    publish(6, key="second")
    run_all()
    assert set(states()) == {State.ACCEPTED}
    assert first.counts()["later@people.invalid"] == 1


def test_relay_that_is_down_loses_nothing(settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    postman.channel().close()
    publish(20)
    run_all()
    assert states() == {State.DEFERRED: 20}


def test_expansion_that_runs_twice_numbers_nobody_twice() -> None:
    publication = publish(1_300)
    outbox.reopen(publication.pk)
    addresses.get_or_create_many(["late@people.invalid"])
    while outbox.enlist(publication.pk, people=lambda _p: everybody, official_language="en", now=NOW) is not None:
        pass
    assert Delivery.objects.count() == 1_301
    sizes = list(Batch.objects.order_by("number").values_list("size", flat=True))
    assert sizes == [500, 500, 300, 1]
    for batch in Batch.objects.all():
        positions = Delivery.objects.filter(batch_number=batch.number).order_by("position")
        assert list(positions.values_list("position", flat=True)) == list(range(1, batch.size + 1))


def test_personal_mail_is_posted_once_under_its_key(relay_for: Any) -> None:
    relay = relay_for()
    for _click in range(2):
        outbox.post(key="reset:1", to="Ann@Bücher-Fracht.example", message=TEXT, greeting="Ann", now=NOW)
    run_all(Lane.PERSONAL)
    assert list(relay.counts()) == ["ann@xn--bcher-fracht-dlb.example"]
    assert sum(relay.counts().values()) == 1


def test_critical_lane_does_not_wait_for_the_routine_one(relay_for: Any) -> None:
    relay = relay_for()
    publish(300)
    publish(300, key="urgent", lane=Lane.CRITICAL)
    run_all(Lane.CRITICAL)
    assert len(relay.accepted) == 300
    assert Delivery.objects.filter(publication__lane=Lane.ROUTINE, state=State.PENDING).count() == 300
