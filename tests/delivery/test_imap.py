"""The door of a mailbox that is looked into, against a server that speaks IMAP."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection

from delivery import envelope, intake, seals
from delivery.doors import imap
from delivery.inbound import Kind
from delivery.models import Inbound, TurnedAway
from delivery.states import State
from portal.embedded.processes import CHECKOUT, free_port, stop

from .imap_server import ImapServer
from .post import case, report
from .test_doors import COMMAND, environment, just_sent, state_of
from .test_inbound import complaint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["move", "copy"])
def mailbox(request: pytest.FixtureRequest, settings: Any) -> Iterator[ImapServer]:
    server = ImapServer(can_move=request.param == "move")
    settings.FAIRWAY_IMAP_URL = f"imap://customs:secret@127.0.0.1:{server.port}/INBOX"
    yield server
    server.stop()


def delivered(raw: bytes, to: str) -> bytes:
    return f"Return-Path: <>\r\nDelivered-To: {to}\r\n".encode() + raw


def test_mailbox_is_emptied_into_rows_and_each_mail_is_read_once(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    mailbox.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    mailbox.put(case("m-01").replace(b"questions@portal", b"questions@fairway"))
    mailbox.put(b"From: x@y.example\r\nTo: somebody@else.example\r\n\r\nNot ours\r\n")
    assert imap.poll() == 3
    assert imap.poll() == 0
    assert state_of(delivery) == State.BOUNCED
    assert set(Inbound.objects.values_list("kind", "door")) == {(Kind.BOUNCE, "imap"), (Kind.HUMAN, "imap")}
    assert TurnedAway.objects.get().reason == "unknown"


def test_mail_is_moved_away_if_a_folder_is_named(mailbox: ImapServer, settings: Any) -> None:
    settings.FAIRWAY_IMAP_DONE = "Done"
    (delivery,) = just_sent()
    mailbox.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    mailbox.put(b"\xff\0broken\r\n")
    assert imap.poll() == 2
    assert (len(mailbox.folders["INBOX"]), len(mailbox.folders["Done"])) == (0, 2)


def test_connection_cut_before_the_mark_reads_again_and_counts_once(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    mailbox.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    mailbox.cut_at = "STORE"
    with pytest.raises(imap.BROKEN):
        imap.poll()
    assert Inbound.objects.count() == 1
    mailbox.cut_at = ""
    assert imap.poll() == 1
    assert Inbound.objects.count() == 1
    assert imap.poll() == 0


def test_mail_stays_unread_while_its_row_cannot_be_written(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    mailbox.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_inbound RENAME TO away")
    try:
        with pytest.raises(DatabaseError):
            imap.poll()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO delivery_inbound")
    assert not mailbox.folders["INBOX"][0].flags
    assert imap.poll() == 1
    assert state_of(delivery) == State.BOUNCED


def test_mail_that_the_server_cannot_read_holds_up_none_behind_it(mailbox: ImapServer) -> None:
    first, second = just_sent("one@x.example", "two@x.example")
    for delivery in (first, second):
        mailbox.put(delivered(report(delivery, of=delivery.address.key), envelope.return_path(delivery.pk)))
    mailbox.damaged = {mailbox.last_uid - 1}
    assert imap.poll() == 1
    assert (state_of(first), state_of(second)) == (State.ACCEPTED, State.BOUNCED)
    mailbox.damaged = set()
    assert imap.poll() == 1
    assert state_of(first) == State.BOUNCED


def test_mails_that_cannot_be_taken_come_after_all_others_however_many(
    mailbox: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "AT_ONCE", 2)
    monkeypatch.setattr(imap, "TRIED", 4)
    monkeypatch.setattr(imap, "ASKED", 3)
    vain: Counter[str] = Counter()
    for _each in range(5):
        mailbox.put(b"To: questions@fairway.example\r\n\r\nDamaged\r\n")
    mailbox.damaged = {mail.uid for mail in mailbox.folders["INBOX"]}
    deliveries = just_sent(*(f"p{n}@x.example" for n in range(4)))
    for delivery in deliveries:
        mailbox.put(delivered(report(delivery, of=delivery.address.key), envelope.return_path(delivery.pk)))
    assert [imap.poll(vain) for _each in range(3)] == [0, 2, 2]
    assert {state_of(delivery) for delivery in deliveries} == {State.BOUNCED}
    mailbox.damaged = set()
    assert sum(imap.poll(vain) for _each in range(3)) == 5


def test_mail_on_which_the_connection_breaks_comes_last_the_next_time(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    mailbox.put(b"To: questions@fairway.example\r\n\r\nBreaks\r\n")
    mailbox.cut_at = f"FETCH {mailbox.last_uid} "
    mailbox.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    vain: Counter[str] = Counter()
    for _each in range(2):
        with pytest.raises(imap.BROKEN):
            imap.poll(vain)
    assert state_of(delivery) == State.BOUNCED


def test_mail_whose_recipient_nobody_can_read_is_taken_by_what_else_names_one(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    nested = b"To: " + b"(" * 500 + b"\r\n"
    mailbox.put(nested + b"\r\nNobody's\r\n")
    mailbox.put(b"Delivered-" + nested + delivered(report(delivery), envelope.return_path(delivery.pk)))
    assert imap.poll() == 2
    assert state_of(delivery) == State.BOUNCED


def test_complaint_of_a_kind_with_a_long_name_is_kept_and_asked_for_once(mailbox: ImapServer) -> None:
    (delivery,) = just_sent()
    raw = complaint("abuse-" + "x" * 60, seals.seal("bounce", delivery.pk))
    mailbox.put(delivered(raw, "abuse@fairway.example"))
    assert imap.poll() == 1
    assert Inbound.objects.get().kind == Kind.COMPLAINT
    assert imap.poll() == 0


@pytest.mark.parametrize("has_uidplus", [True, False])
def test_mail_that_a_colleague_flagged_as_deleted_stays(has_uidplus: bool, settings: Any) -> None:
    server = ImapServer(can_move=False)
    server.has_uidplus = has_uidplus
    settings.FAIRWAY_IMAP_URL = f"imap://customs:secret@127.0.0.1:{server.port}/INBOX"
    settings.FAIRWAY_IMAP_DONE = "Done"
    try:
        server.put(b"From: ann@x.example\r\n\r\nNot yet thought over\r\n")
        server.folders["INBOX"][0].flags = {"\\Seen", "\\Deleted"}
        server.put(b"To: nobody@fairway.example\r\n\r\nNew\r\n")
        assert imap.poll() == 1
        assert imap.poll() == 0
    finally:
        server.stop()
    assert [mail.uid for mail in server.folders["INBOX"]] == ([101] if has_uidplus else [101, 102])
    assert len(server.folders["Done"]) == 1


def test_mail_that_is_too_big_is_marked_unread_by_us(mailbox: ImapServer) -> None:
    mailbox.put(b"To: questions@fairway.example\r\n\r\n" + b"a" * (intake.MOST + 1))
    assert imap.poll() == 1
    assert TurnedAway.objects.get().reason == "too_big"
    assert imap.poll() == 0


def test_wrong_password_and_dead_server_are_tried_again_ever_more_seldom(mailbox: ImapServer, settings: Any) -> None:
    waits: list[float] = []
    settings.FAIRWAY_IMAP_URL = settings.FAIRWAY_IMAP_URL.replace("secret", "wrong")

    def stopped(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 3:
            settings.FAIRWAY_IMAP_URL = f"imap://a:b@127.0.0.1:{free_port()}"
        return len(waits) == 5

    imap.watch(stopped=stopped)
    assert waits == [60, 120, 300, 900, 900]


def test_command_looks_into_the_mailbox_until_it_is_stopped() -> None:
    server = ImapServer()
    (delivery,) = just_sent()
    server.put(delivered(report(delivery), envelope.return_path(delivery.pk)))
    url = f"imap://customs:secret@127.0.0.1:{server.port}/INBOX"
    process = subprocess.Popen([*COMMAND, "--imap"], env=environment(FAIRWAY_IMAP_URL=url), cwd=CHECKOUT)
    try:
        end = time.monotonic() + 60
        while state_of(delivery) != State.BOUNCED and time.monotonic() < end:
            time.sleep(0.1)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        stop(process)
        server.stop()
    assert state_of(delivery) == State.BOUNCED
