"""Which mail server is used: one that fails rests, the next takes over, and refusals by policy blame no address."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import F

from base.models import AuditEntry
from base.words import Lane
from delivery import outbox, postman, relays
from delivery.channels.email import BULK_WINDOW
from delivery.models import Publication
from delivery.models import Relay as Row
from delivery.states import State
from portal.embedded.processes import free_port

from .test_pipe import NOW, Relay, make_due, publish, relay_for, run_all, states

__all__ = ["relay_for"]
pytestmark = pytest.mark.django_db(transaction=True)
SPAM = ("250 ok", "550 5.7.1 blocked by policy")


def second(settings: Any, relay: Relay) -> None:
    settings.FAIRWAY_SECOND_RELAY = {
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": relay.port, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    }  # fmt: skip


def rested() -> None:
    """The time after which it may be tried again is over."""
    Row.objects.update(probe_at=F("probe_at") - timedelta(hours=1))
    channel = postman.channel()
    channel.chosen_at -= 60  # type: ignore[attr-defined]


def test_relay_out_of_reach_rests_after_the_third_time_and_is_asked_by_one_at_a_time(settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    postman.channel().close()
    publish(5)
    for _try in range(3):
        run_all()
        make_due()
    assert set(relays.resting_s()) == {"first"}
    assert relays.choose() is None
    rested()
    asked = relays.choose()
    assert asked is not None and asked.name == "first"
    assert relays.choose() is None, "one worker tries it, the others wait"
    assert states() == {State.DEFERRED: 5}


def test_relay_that_comes_back_is_tried_by_one_connection_and_then_by_all(relay_for: Any, settings: Any) -> None:
    """Row 16 of the failure modes: many wait for it, and it is not stormed."""
    settings.EMAIL_PORT = free_port()
    postman.channel().close()
    publish(200)
    for _try in range(3):
        run_all()
        make_due()
    assert set(relays.resting_s()) == {"first"}
    sessions: set[int] = set()
    open_at_first: list[int] = []

    def script(to: str, attempt: int) -> tuple[str, str]:
        sessions.add(threading.get_ident())  # one thread a session
        if len(relay.attempts) <= BULK_WINDOW:
            open_at_first.append(len(sessions))
        return "250 ok", "250 kept"

    relay = relay_for(script)
    rested()
    run_all()
    assert states() == {State.ACCEPTED: 200}
    assert set(open_at_first) == {1}
    assert len(sessions) == settings.FAIRWAY_MAIL_CONNECTIONS > 1
    assert relays.resting_s() == {}


def test_second_relay_takes_over_and_the_first_is_used_again_once_it_works(relay_for: Any, settings: Any) -> None:
    other = relay_for()
    second(settings, other)
    settings.EMAIL_PORT = free_port()
    postman.channel().close()
    publish(30)
    run_all()
    assert states() == {State.ACCEPTED: 30}
    assert len(other.accepted) == 30
    for _try in range(2):
        postman.channel().close()
        publish(1, key=f"more {_try}")
        run_all()
    assert set(relays.resting_s()) == {"first"}
    first = relay_for()
    rested()
    publish(30, key="again")
    run_all()
    assert len(first.accepted) >= 30
    assert relays.resting_s() == {}


def test_relay_that_hangs_up_before_each_mail_counts_as_out_of_reach(relay_for: Any) -> None:
    relay_for(lambda to, attempt: ("cut", ""))
    publish(20)
    for _try in range(3):
        run_all()
        make_due()
    assert set(relays.resting_s()) == {"first"}


def test_refusals_by_policy_pause_the_run_and_fail_nobody(relay_for: Any) -> None:
    blocked = True
    relay = relay_for(lambda to, attempt: SPAM if blocked else ("250 ok", "250 kept"))
    publication = publish(400)
    run_all()
    publication.refresh_from_db()
    assert publication.held_at is not None
    assert State.FAILED not in states()
    assert AuditEntry.objects.filter(action="sending.hold", actor="post office").count() == 1
    assert set(relays.resting_s()) == {"first"}
    blocked = False
    rested()
    outbox.resume(publication, by="test", now=NOW)
    make_due()
    run_all()
    make_due()
    run_all()
    assert states() == {State.ACCEPTED: 400}
    assert set(relay.counts().values()) == {1}


def test_refusals_by_policy_go_over_the_second_relay_without_a_pause(relay_for: Any, settings: Any) -> None:
    other = relay_for()
    second(settings, other)
    relay_for(lambda to, attempt: SPAM)
    publication = publish(400)
    run_all()
    make_due()
    run_all()
    publication.refresh_from_db()
    assert publication.held_at is None
    assert states() == {State.ACCEPTED: 400}
    assert set(other.counts().values()) == {1}


def test_severe_notice_is_never_paused_by_refusals(relay_for: Any) -> None:
    relay_for(lambda to, attempt: SPAM)
    publication = publish(60, lane=Lane.CRITICAL)
    run_all(Lane.CRITICAL)
    publication.refresh_from_db()
    assert publication.held_at is None
    assert states() == {State.DEFERRED: 60}


def test_severe_notice_to_a_few_is_put_off_while_nobody_of_them_is_taken(relay_for: Any) -> None:
    """However few: they go once the server takes us again."""
    relay = relay_for(lambda to, attempt: SPAM if attempt == 1 else ("250 ok", "250 kept"))
    publish(9, lane=Lane.CRITICAL)
    run_all(Lane.CRITICAL)
    assert states() == {State.DEFERRED: 9}
    assert relays.resting_s() == {}
    make_due()
    run_all(Lane.CRITICAL)
    assert states() == {State.ACCEPTED: 9}
    assert len(relay.accepted) == 9


def test_mailboxes_that_do_not_exist_blame_no_relay(relay_for: Any) -> None:
    nobody = ("550 5.1.1 nobody", "")
    relay_for(lambda to, attempt: nobody if int(to[1:].split("@")[0]) % 2 else ("250 ok", "250 kept"))
    publish(200)
    run_all()
    assert states() == {State.ACCEPTED: 100, State.FAILED: 100}
    assert relays.resting_s() == {}


def test_few_refusals_by_policy_are_about_those_addresses(relay_for: Any) -> None:
    relay_for(lambda to, attempt: SPAM if int(to[1:].split("@")[0]) % 10 == 0 else ("250 ok", "250 kept"))
    publish(200)
    run_all()
    assert states() == {State.ACCEPTED: 180, State.FAILED: 20}


def test_copy_for_trying_things_out_reaches_those_alone_who_are_listed(relay_for: Any, settings: Any) -> None:
    relay = relay_for()
    settings.FAIRWAY_ONLY_TO = ["p3@people.invalid"]
    publish(10)
    run_all()
    assert relay.counts() == {"p3@people.invalid": 1}
    assert states() == {State.ACCEPTED: 1, State.STOPPED: 9}
    assert Publication.objects.get().held_at is None


@pytest.mark.parametrize("lane", [Lane.CRITICAL, Lane.PERSONAL])
@pytest.mark.parametrize("words", ["550 5.7.1 blocked by policy", "554 blocked using a list of spammers"])
def test_nobody_fails_because_one_relay_refuses_us(relay_for: Any, settings: Any, lane: str, words: str) -> None:
    """However few they are: the other relay is asked before anybody is given up."""
    other = relay_for()
    second(settings, other)
    relay_for(lambda to, attempt: ("250 ok", words))
    publish(3, lane=lane)
    run_all(lane)
    assert states() == {State.ACCEPTED: 3}
    assert set(other.counts().values()) == {1}
    assert relays.resting_s() == {}, "three say nothing about a relay yet"


def test_what_both_relays_refuse_has_failed(relay_for: Any, settings: Any) -> None:
    second(settings, relay_for(lambda to, attempt: SPAM))
    relay_for(lambda to, attempt: SPAM)
    publish(3)
    run_all()
    assert states() == {State.FAILED: 3}


def test_words_of_a_block_without_a_code_of_their_own_rest_the_relay(relay_for: Any, settings: Any) -> None:
    other = relay_for()
    second(settings, other)
    relay_for(lambda to, attempt: ("250 ok", "554 service unavailable, blocked"))
    publish(200)
    run_all()
    assert states() == {State.ACCEPTED: 200}
    assert set(relays.resting_s()) == {"first"}


def test_database_that_goes_away_while_a_relay_is_rested_doubles_nobody(
    relay_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = relay_for(lambda to, attempt: SPAM if int(to[1:].split("@")[0]) % 3 == 0 else ("250 ok", "250 kept"))
    publish(60)
    blocked, failures = relays.blocked, iter([OperationalError("gone")])

    def once(*arguments: Any) -> None:
        for error in failures:
            raise error
        blocked(*arguments)

    monkeypatch.setattr(relays, "blocked", once)
    run_all()
    make_due()
    rested()
    assert relay.accepted and set(relay.counts().values()) == {1}
