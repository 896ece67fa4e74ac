"""Calls to other people's machines: signed, the same id over all tries, and nobody waits for anybody else."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from base import http
from base.words import Lane
from delivery import endpoints, outbox, postman
from delivery.models import Batch, Endpoint, Publication
from delivery.sealed import Sealed
from delivery.states import State
from tests.base import hostile
from tests.base.hostile import server

from . import calls

pytestmark = pytest.mark.django_db(transaction=True)
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
BROKEN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"


@pytest.fixture(autouse=True)
def _sinks(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["127.0.0.0/8"]
    postman._kept.clear()


def first_fails(talk: socket.socket, seen: list[int]) -> None:
    seen.append(1)
    talk.sendall(BROKEN if len(seen) == 1 else hostile.OK)


ANSWERS = [(hostile.OK, State.ACCEPTED), (BROKEN, State.PENDING)]


@pytest.mark.parametrize(("answer", "state"), ANSWERS, ids=["ok", "busy"])
def test_database_that_goes_away_while_answers_come_in_costs_no_outcome(answer: bytes, state: str) -> None:
    """Its link is cut before the first answer is: what was called is not called again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()

    def cut_first(talk: socket.socket) -> None:
        with lock, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        talk.sendall(answer)

    lock = threading.Lock()
    other.inc_thread_sharing()
    with server(cut_first) as one:
        several = [calls.endpoint(one) for _number in range(5)]
        calls.publish(several)
        calls.work()
        assert [(calls.of(mine)[0].state, calls.of(mine)[0].attempts) for mine in several] == [(state, 1)] * 5
        calls.work()
        assert one.connections == 5
    other.close()


def test_receivers_package_accepts_the_signature_and_nothing_that_was_changed() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        calls.work()
        assert calls.verified(one.asked[0], mine.secret) == calls.SAID
        assert [(call.state, call.code) for call in calls.of(mine)] == [(State.ACCEPTED, "200")]
        with pytest.raises(WebhookVerificationError):
            calls.verified(one.asked[0].replace(b"PD-2027-0001", b"PD-2027-0002"), mine.secret)
        with pytest.raises(WebhookVerificationError):
            calls.verified(one.asked[0], endpoints.new_secret())


def test_while_a_secret_changes_both_the_old_and_the_new_one_verify() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        old = mine.secret
        endpoints.rotate(mine, now=timezone.now())
        calls.publish([mine])
        calls.work()
        assert calls.verified(one.asked[0], old) == calls.verified(one.asked[0], mine.secret)
        Endpoint.objects.update(old_until=F("old_until") - timedelta(hours=25))
        calls.publish([mine])
        calls.work()
        with pytest.raises(WebhookVerificationError):
            calls.verified(one.asked[1], old)


def test_all_tries_of_one_call_have_one_id_and_each_a_time_of_its_own() -> None:
    seen: list[int] = []
    with server(lambda talk: first_fails(talk, seen)) as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        calls.work()
        assert (calls.of(mine)[0].state, calls.of(mine)[0].code) == (State.PENDING, "503")
        calls.make_due()
        calls.work()
        ids = {calls.parts(asked)[0]["webhook-id"] for asked in one.asked}
        assert len(ids) == 1 and len(one.asked) == 2
        assert calls.of(mine)[0].state == State.ACCEPTED
    mine.refresh_from_db()
    assert (mine.failing_since, mine.rests_until) == (None, None)


def test_tries_are_spread_over_a_day() -> None:
    steps = list(postman.channel("webhook").steps)
    waits = [steps[min(number, len(steps) - 1)] for number in range(11)]
    assert steps == sorted(steps) and steps[0] == 5
    assert 19 * 3600 < sum(waits[:-1]) < 24 * 3600 <= sum(waits) * 1.2
    with server(BROKEN) as one:
        calls.publish([calls.endpoint(one)])
        calls.work()
    due_in = (Batch.objects.get(closed_at=None).due_at - timezone.now()).total_seconds()
    assert 5 * 0.8 - 2 < due_in < 5 * 1.2


@pytest.mark.parametrize("way", [hostile.silence, hostile.slow_drip], ids=["silence", "drip"])
def test_slow_endpoint_delays_no_other_one(way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five good ones beside a bad one are called at once; next time the bad one rests and nobody waits at all."""
    monkeypatch.setattr(http, "TOTAL_S", 2.0)
    arrived: list[float] = []

    def note(talk: socket.socket) -> None:
        arrived.append(time.monotonic())
        talk.sendall(hostile.OK)

    with server(way) as bad, server(note) as good:
        slow = calls.endpoint(bad)
        several = [calls.endpoint(good) for _number in range(5)]
        calls.publish([slow, *several])
        begun = time.monotonic()
        calls.work()
        assert len(arrived) == 5 and max(arrived) - begun < 1
        assert calls.of(slow)[0].code == "silent"
        calls.publish([slow, *several])
        begun = time.monotonic()
        calls.work()
        assert time.monotonic() - begun < 1
        assert len(arrived) == 10
        assert calls.of(slow)[1].code == "rests"
        assert bad.connections == 1


def test_redirect_is_no_success_and_is_not_followed() -> None:
    head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with server(head) as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        calls.work()
    assert (calls.of(mine)[0].state, calls.of(mine)[0].code) == (State.PENDING, "307")


def test_address_that_has_become_private_is_not_called(settings: Any) -> None:
    with server() as one:
        mine = calls.endpoint(one)
        settings.FAIRWAY_HTTP_TEST_NETS = []
        calls.publish([mine])
        calls.work()
        assert (calls.of(mine)[0].code, one.connections) == ("forbidden", 0)


def test_whoever_is_gone_for_good_is_paused_at_once() -> None:
    with server(GONE) as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        calls.work()
        mine.refresh_from_db()
        assert (mine.paused_why, calls.of(mine)[0].state) == (Endpoint.Why.GONE, State.FAILED)
        calls.publish([mine])
        calls.work()
        assert (calls.of(mine)[1].state, one.connections) == (State.SUPPRESSED, 1)


def test_three_days_of_failure_pause_and_one_success_begins_anew() -> None:
    with server(BROKEN) as one:
        mine = calls.endpoint(one)
        for days in (2.9, 3.1):
            calls.publish([mine])
            since, rested = timezone.now() - timedelta(days=days), timezone.now() - timedelta(seconds=1)
            Endpoint.objects.update(failing_since=since, rests_until=rested)
            calls.work()
            mine.refresh_from_db()
            assert mine.paused_why == (Endpoint.Why.FAILING if days > 3 else "")


def test_trial_goes_to_a_paused_endpoint_too_and_does_not_count() -> None:
    trial = Sealed("en", "Trial", "", bodies={"webhook": {"type": "test"}, "chat": {"text": "Trial"}})
    with server() as one:
        mine = calls.endpoint(one)
        endpoints.pause(mine, why=Endpoint.Why.BY_HAND, now=timezone.now())
        endpoints.send_trial(mine, message=trial, now=timezone.now())
        calls.work(Lane.PERSONAL)
        assert calls.verified(one.asked[0], mine.secret) == {"type": "test"}
    with server(BROKEN) as one:
        other = calls.endpoint(one)
        endpoints.send_trial(other, message=trial, now=timezone.now())
        calls.work(Lane.PERSONAL)
        other.refresh_from_db()
        assert (calls.of(other)[0].state, other.failing_since) == (State.FAILED, None)


def test_what_was_missed_is_sent_again_in_order_under_the_ids_it_had() -> None:
    with server() as one:
        mine, other = calls.endpoint(one), calls.endpoint(one)
        calls.publish([mine])
        calls.work()
        before = calls.publish([mine])
        endpoints.pause(mine, why=Endpoint.Why.BY_HAND, now=timezone.now())
        calls.work()
        unheard = calls.publish([other])
        calls.work()
        assert endpoints.resume(mine, now=timezone.now())
        mine.refresh_from_db()
        assert [pk.pk for pk in endpoints.missed(mine, now=timezone.now())] == [before.pk, unheard.pk]
        known = endpoints.call_id(calls.of(mine)[1].pk)
        one.asked.clear()
        missed = endpoints.missed(mine, now=timezone.now())
        assert endpoints.replay(mine, missed, language="en", now=timezone.now()) == 2
        calls.work()
        assert calls.parts(one.asked[0])[0]["webhook-id"] == known
        assert len(one.asked) == 2 and all(calls.verified(asked, mine.secret) for asked in one.asked)
        mine.refresh_from_db()
        assert endpoints.missed(mine, now=timezone.now()) == []


def test_replay_that_fails_is_offered_again_and_so_is_what_one_press_left(monkeypatch: Any) -> None:
    monkeypatch.setattr(endpoints, "MOST", 2)
    with server() as one, server(hostile.OK.replace(b"200 OK", b"410 Gone")) as gone:
        mine = calls.endpoint(one)
        endpoints.pause(mine, why=Endpoint.Why.BY_HAND, now=timezone.now())
        ours = [calls.publish([calls.endpoint(one)]).pk for _time in range(3)]
        calls.work()
        endpoints.resume(mine, now=timezone.now())

        def missed() -> list[Publication]:
            return endpoints.missed(Endpoint.objects.get(pk=mine.pk), now=timezone.now())

        def press(at: Any, minutes: int) -> None:
            Endpoint.objects.filter(pk=mine.pk).update(url=calls.url(at))
            endpoints.replay(mine, missed(), language="en", now=timezone.now() + timedelta(minutes=minutes))
            calls.work()

        press(gone, 0)
        endpoints.resume(Endpoint.objects.get(pk=mine.pk), now=timezone.now())
        assert [one.pk for one in missed()] == ours[:2]
        press(one, 1)
        assert [one.pk for one in missed()] == ours[2:]
        press(one, 2)
        assert missed() == []


def test_what_was_replaced_or_stopped_meanwhile_is_not_sent_again() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        endpoints.pause(mine, why=Endpoint.Why.BY_HAND, now=timezone.now())
        wrong, right = calls.publish([calls.endpoint(one)]), calls.publish([calls.endpoint(one)])
        outbox.stop(wrong, by="test", now=timezone.now())
        endpoints.resume(mine, now=timezone.now())
        mine.refresh_from_db()
        assert [one.pk for one in endpoints.missed(mine, now=timezone.now())] == [right.pk]


def test_second_failure_after_quiet_days_pauses_nothing_until_it_lasts() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        monday, friday = timezone.now() - timedelta(days=4), timezone.now()
        endpoints.failed(mine, gone=False, now=monday)
        mine.refresh_from_db()
        endpoints.failed(mine, gone=False, now=friday)
        mine.refresh_from_db()
        assert mine.paused_at is None
        endpoints.failed(mine, gone=False, now=friday + timedelta(minutes=2))
        mine.refresh_from_db()
        assert mine.paused_why == Endpoint.Why.FAILING


def test_secret_pressed_twice_still_signs_with_the_one_that_the_receiver_has() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        first = mine.secret
        for _press in range(2):
            endpoints.rotate(mine, now=timezone.now())
        calls.publish([mine])
        calls.work()
        assert calls.verified(one.asked[0], first) == calls.verified(one.asked[0], mine.secret)


def test_chat_channel_gets_its_own_words() -> None:
    with server() as one:
        mine = calls.endpoint(one, "chat")
        calls.publish([mine])
        calls.work()
        assert calls.parts(one.asked[0])[1] == b'{"text":"Dover closed"}'


def test_copy_for_trying_out_calls_nobody(settings: Any) -> None:
    settings.FAIRWAY_ONLY_TO = ["hooks.partner.example"]
    with server() as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        calls.work()
        assert (calls.of(mine)[0].state, one.connections) == (State.STOPPED, 0)


def test_removed_endpoint_keeps_neither_address_nor_secret_and_is_not_called() -> None:
    with server() as one:
        mine = calls.endpoint(one)
        calls.publish([mine])
        endpoints.remove(mine, now=timezone.now())
        calls.work()
        mine.refresh_from_db()
        assert (mine.url, mine.secret, one.connections) == ("", "", 0)
        assert not endpoints.resume(mine, now=timezone.now())
