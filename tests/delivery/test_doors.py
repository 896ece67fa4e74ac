"""The doors for mail that comes back, each with the other side's real protocol: LMTP and a pipe."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from delivery import envelope, intake
from delivery.inbound import Kind
from delivery.models import Delivery, Inbound, TurnedAway
from delivery.states import State
from portal.embedded.processes import CHECKOUT, free_port, stop, wait_until

from .post import case, report, sent

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = [sys.executable, "manage.py", "receive_mail"]


def environment(**more: str) -> dict[str, str]:
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    return {**os.environ, "DATABASE_URL": url, **more}


def just_sent(*emails: str) -> list[Delivery]:
    """Deliveries of today, since a door keeps the clock itself."""
    made = [sent(email) for email in emails or ("desk@harbourfreight.example",)]
    for one in made:
        one.publication.created_at = timezone.now()
        one.publication.save()
    return made


@contextmanager
def lmtp_door(where: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*COMMAND, "--lmtp", where], env=environment(**more), cwd=CHECKOUT)
    try:
        wait_until(lambda: answers(where), lambda: process.poll() is None, "LMTP", 60)
        yield process
    finally:
        stop(process)


def dial(where: str) -> smtplib.LMTP:
    if "/" in where:
        return smtplib.LMTP(where)
    return smtplib.LMTP("127.0.0.1", int(where.rsplit(":", 1)[1]), timeout=20)


def answers(where: str) -> bool:
    try:
        dial(where).close()
    except OSError:
        return False
    return True


def here() -> str:
    return f"127.0.0.1:{free_port()}"


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


# --- LMTP ---------------------------------------------------------------------------------------------------------


def test_relay_hands_in_over_lmtp_and_what_is_answered_250_is_in_the_database() -> None:
    where, (delivery,) = here(), just_sent()
    with lmtp_door(where), dial(where) as relay:
        assert relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery)) == {}
        assert state_of(delivery) == State.BOUNCED
        assert relay.sendmail("noor@tidewater.example", "questions@fairway.example", case("m-01")) == {}
    assert set(Inbound.objects.values_list("kind", "door")) == {(Kind.BOUNCE, "lmtp"), (Kind.HUMAN, "lmtp")}


def test_relay_comes_in_by_a_socket_file_too(tmp_path: Path) -> None:
    where, (delivery,) = str(tmp_path / "lmtp"), just_sent()
    with lmtp_door(where), dial(where) as relay:
        relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery))
    assert state_of(delivery) == State.BOUNCED
    assert not (tmp_path / "lmtp").exists()


def test_address_that_is_not_ours_or_wrongly_signed_is_refused_before_the_mail() -> None:
    where, (delivery,) = here(), just_sent()
    forged = envelope.return_path(delivery.pk).replace("bounce+", "bounce+1")
    with lmtp_door(where), dial(where) as relay:
        relay.ehlo_or_helo_if_needed()
        for wrong in (forged, "nobody@fairway.example", "questions@other.example", '"a b"@fairway.example'):
            relay.mail("<>")
            assert relay.rcpt(wrong)[0] == 550
            relay.rset()
        relay.mail("<>")
        assert relay.docmd("RCPT", "TO:<Postmaster>")[0] == 250
        relay.rset()
        relay.mail("<>")
        assert relay.rcpt("postmaster@FAIRWAY.example")[0] == 250
        assert relay.rcpt("questions@fairway.example")[0] == 452
    assert dict(TurnedAway.objects.values_list("reason", "count")) == {"forged": 1, "unknown": 3}


def test_mail_too_big_is_refused_and_the_next_one_taken() -> None:
    where, (delivery,) = here(), just_sent()
    with lmtp_door(where), dial(where) as relay:
        with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPSenderRefused)) as refused:
            relay.sendmail("<>", envelope.return_path(delivery.pk), b"a\r\n" * (intake.MOST // 3 + 9))
        assert refused.value.smtp_code == 552
        relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery))
    assert state_of(delivery) == State.BOUNCED


def test_mail_with_a_line_as_long_as_a_page_is_taken() -> None:
    where, (delivery,) = here(), just_sent()
    raw = report(delivery, words="550 5.1.1 no").rstrip() + b"\r\n<p>" + b"a" * 200_000 + b"</p>\r\n"
    with lmtp_door(where), dial(where) as relay:
        assert relay.sendmail("<>", envelope.return_path(delivery.pk), raw) == {}
    assert state_of(delivery) == State.BOUNCED


def test_database_that_is_away_makes_the_relay_come_again() -> None:
    where, (delivery,) = here(), just_sent()
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with lmtp_door(where, DATABASE_URL=nowhere), dial(where) as relay:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery))
        assert refused.value.smtp_code == 451


def test_connection_to_the_database_that_was_cut_costs_no_mail() -> None:
    where, deliveries = here(), just_sent(*(f"p{n}@x.example" for n in range(6)))
    with lmtp_door(where), dial(where) as relay:
        for delivery in deliveries:
            relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery, of=delivery.address.key))
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
    assert {state_of(delivery) for delivery in deliveries} == {State.BOUNCED}


def test_door_killed_again_and_again_keeps_each_mail_once() -> None:
    """Some mails are committed and not answered: the relay brings them again, and they are known."""
    where, deliveries = here(), just_sent(*(f"p{n}@x.example" for n in range(60)))
    waiting = {envelope.return_path(each.pk): report(each, of=each.address.key) for each in deliveries}
    kills = 0
    while waiting:
        with lmtp_door(where) as process:
            threading.Timer(0.05 + 0.1 * kills, process.kill).start()
            try:
                with dial(where) as relay:
                    for to, raw in list(waiting.items()):
                        relay.sendmail("<>", to, raw)
                        del waiting[to]
            except (OSError, smtplib.SMTPException):
                kills += 1
    assert kills >= 2
    assert {state_of(each) for each in deliveries} == {State.BOUNCED}
    assert Inbound.objects.count() == 60


def test_hostile_session_ends_nothing_but_itself() -> None:
    where, (delivery,) = here(), just_sent()
    with lmtp_door(where) as process:
        for noise in (b"\0\xff" * 500 + b"\r\n", b"MAIL FROM:<>\r\nDATA\r\n", b"LHLO x\r\n" + b"A" * 100_000):
            with dial(where) as relay:
                assert relay.sock is not None
                relay.sock.sendall(noise)
                relay.close()
        with dial(where) as relay:
            relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery))
        assert process.poll() is None
    assert state_of(delivery) == State.BOUNCED


def test_door_that_is_told_to_end_keeps_what_it_has_begun() -> None:
    where, (delivery,) = here(), just_sent()
    with lmtp_door(where) as process, dial(where) as relay:
        relay.sendmail("<>", envelope.return_path(delivery.pk), report(delivery))
        process.terminate()
        assert process.wait(20) == 0
    assert state_of(delivery) == State.BOUNCED


# --- Pipe ---------------------------------------------------------------------------------------------------------


def piped(raw: bytes, *arguments: str, **more: str) -> int:
    command = [*COMMAND, "--pipe", *arguments]
    return subprocess.run(command, input=raw, env=environment(**more), cwd=CHECKOUT, capture_output=True).returncode


def test_pipe_answers_with_the_exit_codes_that_relays_know() -> None:
    (delivery,) = just_sent()
    to = envelope.return_path(delivery.pk)
    assert piped(report(delivery), "--to", to, "--from", "") == os.EX_OK
    assert piped(report(delivery), "--to", to) == os.EX_OK
    assert piped(report(delivery), "--to", "nobody@fairway.example") == os.EX_NOUSER
    assert piped(report(delivery), "--to", to.replace("+", "+1")) == os.EX_NOUSER
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    assert piped(report(delivery), "--to", to, DATABASE_URL=nowhere) == os.EX_TEMPFAIL
    assert piped(report(delivery)) == os.EX_TEMPFAIL
    assert state_of(delivery) == State.BOUNCED
    assert Inbound.objects.count() == 1
