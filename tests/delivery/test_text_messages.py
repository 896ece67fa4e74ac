"""Text messages by a real gateway or a file: counted, capped, to listed countries, and doubled only where it pays."""

from __future__ import annotations

import json
import re
import socket
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.checks import run_checks
from django.db.models import F
from django.utils import timezone

from base.models import Heartbeat
from base.words import Lane
from delivery import gateways, numbers, outbox, postman, spending
from delivery.models import Batch, Delivery, Publication, Spending
from delivery.sealed import Sealed
from delivery.states import State
from portal.embedded.processes import free_port
from tests.base import hostile
from tests.base.hostile import server

from .calls import make_due, parts

pytestmark = pytest.mark.django_db(transaction=True)
MOBILE = "+34612345678"
_keys = count(1)
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nno number"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nwait"


@pytest.fixture(autouse=True)
def _countries(settings: Any) -> None:
    settings.FAIRWAY_SMS_COUNTRIES = ["ES", "FR"]
    postman._kept.clear()


def send(words: str = "PD-2027-0001 Closed.", *, to: str = MOBILE, lane: str = Lane.ROUTINE) -> Publication:
    address = numbers.get_or_create(to)
    message = Sealed("en", "Dover", "", bodies={"sms": words})
    publication = outbox.post(key=f"sms-{next(_keys)}", to=address, message=message, lane=lane, now=timezone.now())
    postman.work(lane, "sms")
    return publication


def only(publication: Publication) -> Delivery:
    return publication.deliveries.get()


def gateway(settings: Any, one: hostile.Server) -> None:
    settings.FAIRWAY_SMS_URL = f"http://127.0.0.1:{one.port}/send"


# --- Gateways -----------------------------------------------------------------------------------------------------


def test_gateway_gets_the_fields_under_the_names_that_it_wants(settings: Any) -> None:
    settings.FAIRWAY_SMS_FIELDS = {"to": "msisdn", "text": "body", "from": "", "ref": "client_id"}
    settings.FAIRWAY_SMS_MORE = {"user": "customs"}
    settings.FAIRWAY_SMS_HEADERS = {"Authorization": "Bearer k"}
    with server() as one:
        gateway(settings, one)
        sent = only(send("Fermé à 18 h"))
        headers, body = parts(one.asked[0])
    assert (sent.state, headers["authorization"]) == (State.ACCEPTED, "Bearer k")
    fields = parse_qs(body.decode())
    assert fields.pop("client_id")[0].startswith(f"{sent.pk:x}-")
    assert fields == {"user": ["customs"], "msisdn": [MOBILE], "body": ["Fermé à 18 h"]}


def test_gateway_may_want_json_and_say_in_its_body_what_success_is(settings: Any) -> None:
    settings.FAIRWAY_SMS_FORM, settings.FAIRWAY_SMS_SUCCESS = "json", r'"status": ?"queued"'
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"status": "queued"}'
    with server(answer) as one:
        gateway(settings, one)
        assert only(send()).state == State.ACCEPTED
        assert json.loads(parts(one.asked[0])[1])["to"] == MOBILE
    with server(answer.replace(b"queued", b"broken")) as one:
        gateway(settings, one)
        refused = only(send())
    assert (refused.state, refused.code) == (State.PENDING, "refused"), "it is tried again"


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [(REFUSED, State.FAILED, "400"), (BUSY, State.PENDING, "429"),
     (BUSY.replace(b"429", b"401"), State.PENDING, "401"), (BUSY.replace(b"429", b"503"), State.PENDING, "503")],
)  # fmt: skip
def test_refusal_of_a_number_is_for_good_and_a_trouble_of_the_gateway_is_not(
    settings: Any, answer: bytes, state: str, code: str
) -> None:
    with server(answer) as one:
        gateway(settings, one)
        sent = only(send())
    assert (sent.state, sent.code) == (state, code)


def test_gateway_that_refuses_our_key_is_known_until_it_takes_a_message(settings: Any) -> None:
    for answer, refused in ((BUSY, False), (BUSY.replace(b"429", b"403"), True), (hostile.OK, False)):
        with server(answer) as one:
            gateway(settings, one)
            send()
        assert gateways.refuses_us() is refused
        Heartbeat.objects.update(at=F("at") - timedelta(seconds=10))
    Heartbeat.objects.filter(name=gateways.TOOK).delete()
    assert gateways.refuses_us(), "nothing was taken since"
    Heartbeat.objects.update(at=F("at") - timedelta(hours=6))
    assert not gateways.refuses_us(), "that was long ago"


def cut(talk: socket.socket) -> None:
    talk.close()


HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id": 1, "st'


def waits_s(publication: Publication) -> float:
    due: Any = Batch.objects.get(publication=publication, closed_at=None).due_at
    return float((due - timezone.now()).total_seconds())


@pytest.mark.parametrize(
    "way", [cut, BUSY.replace(b"429", b"504"), BUSY.replace(b"429", b"524"), HALF], ids=["cut", "504", "524", "half"]
)
def test_what_is_in_doubt_goes_again_only_in_the_critical_lane_and_not_at_once(settings: Any, way: Any) -> None:
    settings.FAIRWAY_SMS_SUCCESS = '"status": *"queued"'
    with server(way) as one:
        gateway(settings, one)
        routine = only(send())
        assert (routine.state, one.connections) == (State.UNCERTAIN, 1)
        severe, waits = send(lane=Lane.CRITICAL), list[float]()
        while only(severe).state == State.PENDING and len(waits) < 9:
            waits.append(waits_s(severe))
            make_due()
            postman.work(Lane.CRITICAL, "sms")
        assert (only(severe).state, one.connections) == (State.PARKED, 6), "set aside after the last copy"
    assert 30 < waits[0] < waits[1] < waits[2] < waits[3], "longer each time"
    assert Spending.objects.get().parts == 6, "any of them may have been sent, and costs"


def test_gateway_that_hangs_up_for_a_moment_loses_no_severe_text(settings: Any) -> None:
    with server(cut) as one:
        gateway(settings, one)
        severe = send(lane=Lane.CRITICAL)
    with server() as one:
        gateway(settings, one)
        make_due()
        postman.work(Lane.CRITICAL, "sms")
    assert (only(severe).state, only(severe).twice) == (State.ACCEPTED, True)


@pytest.mark.parametrize("lane", [Lane.ROUTINE, Lane.CRITICAL])
@pytest.mark.parametrize("status", [b"502", b"503", b"521"])
def test_front_end_without_its_gateway_has_taken_nothing_and_is_asked_again(
    settings: Any, status: bytes, lane: str
) -> None:
    with server(BUSY.replace(b"429", status)) as one:
        gateway(settings, one)
        sent = send(lane=lane)
    assert (only(sent).state, only(sent).twice, Spending.objects.get().parts) == (State.PENDING, False, 0)
    assert waits_s(sent) > 40
    with server() as one:
        gateway(settings, one)
        make_due()
        postman.work(lane, "sms")
    assert only(sent).state == State.ACCEPTED


def test_body_that_ends_early_and_names_success_is_one(settings: Any) -> None:
    settings.FAIRWAY_SMS_SUCCESS = '"id": *1'
    with server(HALF) as one:
        gateway(settings, one)
        assert only(send()).state == State.ACCEPTED


# --- A gateway that refuses us ------------------------------------------------------------------------------------


def to_many(count_: int, lane: str) -> Publication:
    """One publication to so many numbers, in one batch."""
    now = timezone.now()
    ids = [numbers.get_or_create(f"+346123456{number:02}").pk for number in range(count_)]
    message = Sealed("en", "Dover", "", bodies={"sms": "PD-2027-0001 Closed."})
    publication = outbox.open(
        key=f"sms-{next(_keys)}", lane=lane, messages=[message], audience={},
        give_up_at=now + timedelta(hours=24), now=now,
    )  # fmt: skip
    sql = "SELECT id AS address_id, 'en' AS language, '' AS greeting, '' AS variant, '' AS why FROM delivery_address"

    def people(after: int, upto: int) -> tuple[str, list[Any]]:
        return f"{sql} WHERE id = ANY(%s) AND id > %s AND id <= %s", [ids, after, upto]

    while outbox.enlist(publication.pk, people=lambda _p: people, official_language="en", now=now) is not None:
        pass
    postman.work(lane, "sms")
    return publication


@pytest.mark.parametrize("lane", [Lane.ROUTINE, Lane.CRITICAL])
def test_gateway_that_refuses_every_text_fails_nobody_and_raises_the_alarm(settings: Any, lane: str) -> None:
    with server(REFUSED) as one:
        gateway(settings, one)
        sent = to_many(17, lane)
    assert set(sent.deliveries.values_list("state", "code")) == {(State.PENDING, "policy")}
    assert gateways.refuses_us() and Spending.objects.get().parts == 0
    assert Publication.objects.get(pk=sent.pk).held_at is None, "the mails of the same notice go on"
    with server() as one:
        gateway(settings, one)
        while sent.deliveries.exclude(state=State.ACCEPTED).exists():
            make_due()
            assert postman.work(lane, "sms")
    Heartbeat.objects.filter(name=gateways.REFUSED).update(at=F("at") - timedelta(seconds=10))
    assert not gateways.refuses_us()


def test_one_refused_number_is_no_alarm_and_every_one_is(settings: Any) -> None:
    with server(REFUSED) as one:
        gateway(settings, one)
        assert [only(send(lane=Lane.PERSONAL)).state for _number in range(2)] == [State.FAILED] * 2
        assert not gateways.refuses_us()
        assert only(send(lane=Lane.PERSONAL)).state == State.PENDING
    assert gateways.refuses_us()


def test_numbers_that_are_refused_among_others_that_are_not_fail_for_good(settings: Any) -> None:
    def some(talk: socket.socket) -> None:
        talk.sendall(REFUSED if len(one.asked) == 1 else hostile.OK)

    with server(some) as one:
        gateway(settings, one)
        sent = to_many(17, Lane.CRITICAL)
    assert sorted(sent.deliveries.values_list("state", flat=True)) == [State.ACCEPTED] * 16 + [State.FAILED]


def test_gateway_that_is_away_was_not_reached_and_is_tried_again(settings: Any) -> None:
    with server() as one:
        gateway(settings, one)
    sent = send()
    assert (only(sent).state, only(sent).code) == (State.PENDING, "unreached")
    with server() as one:
        gateway(settings, one)
        make_due()
        postman.work(Lane.ROUTINE, "sms")
    assert only(sent).state == State.ACCEPTED


def test_file_keeps_one_line_a_message(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL = f"file://{tmp_path}/texts.jsonl"
    send("One\nmessage")
    send("Two", to="+33612345678")
    lines = [json.loads(line) for line in (tmp_path / "texts.jsonl").read_text().splitlines()]
    assert [(line["to"], line["text"]) for line in lines] == [(MOBILE, "One\nmessage"), ("+33612345678", "Two")]


def test_without_a_gateway_nothing_leaves_and_the_report_says_why(settings: Any) -> None:
    settings.FAIRWAY_SMS_URL = ""
    assert not numbers.is_offered()
    stopped = only(send())
    assert (stopped.state, stopped.code) == (State.STOPPED, "no gateway")


# --- Numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["+34 612 34 56 78", "0034612345678", "+34-612-345-678", "\u200e+34 612345678 "])
def test_number_is_kept_as_e164_however_it_is_typed(typed: str) -> None:
    assert numbers.get_or_create(typed).key == MOBILE


@pytest.mark.parametrize(
    "typed", ["", "612345678", "+34", "+34 912 345 678", "+34 612", "+34 612 345 678 ext. 9", "+34x", "+" + "9" * 400]
)
def test_what_is_no_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(numbers.BadNumber):
        numbers.key_of(typed)


@pytest.mark.parametrize("typed", ["+44 7400 123456", "+1 212 555 0123", "+881 6 123 45678"])
def test_number_of_a_country_that_is_not_listed_is_refused(typed: str) -> None:
    with pytest.raises((numbers.OtherCountry, numbers.BadNumber)):
        numbers.key_of(typed)


def test_country_that_leaves_the_list_gets_nothing_more(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL = f"file://{tmp_path}/texts.jsonl"
    numbers.get_or_create(MOBILE)
    settings.FAIRWAY_SMS_COUNTRIES = ["FR"]
    address = numbers.Address.objects.get(key=MOBILE)
    message = Sealed("en", "Dover", "", bodies={"sms": "Closed"})
    sent = outbox.post(key="gone", to=address, message=message, lane=Lane.ROUTINE, now=timezone.now())
    postman.work(Lane.ROUTINE, "sms")
    assert (only(sent).state, only(sent).code) == (State.STOPPED, "country")


def test_hint_of_a_number_shows_its_owner_and_nobody_else_which_it_is() -> None:
    assert numbers.hinted(MOBILE) == "+34 … 78"
    assert not re.search(r"\d{4}", numbers.hinted(MOBILE))


def test_gateway_without_countries_does_not_pass_the_checks(settings: Any) -> None:
    settings.FAIRWAY_SMS_URL, settings.FAIRWAY_SMS_COUNTRIES = "https://gateway.example/", []
    assert "portal.E005" in {found.id for found in run_checks()}


# --- Money --------------------------------------------------------------------------------------------------------


def test_parts_are_counted_before_sending_by_their_encoding(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL = f"file://{tmp_path}/texts.jsonl"
    send("x" * 160)
    send("x" * 161)
    send("Закрыто" * 11)
    assert Spending.objects.get().parts == 1 + 2 + 2


def test_cap_holds_back_with_a_reason_and_keeps_the_last_for_what_is_severe(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL = f"file://{tmp_path}/texts.jsonl"
    settings.FAIRWAY_SMS_DAILY_PARTS = 10
    states = [only(send()).state for _number in range(9)]
    assert states == [State.ACCEPTED] * 8 + [State.PENDING]
    code = only(send(lane=Lane.PERSONAL))
    assert (code.state, code.code) == (State.STOPPED, "cap"), "tomorrow it would be stale"
    assert [only(send(lane=Lane.CRITICAL)).state for _number in range(3)] == [State.ACCEPTED] * 2 + [State.PENDING]
    assert spending.refused_today("sms") == 3
    Spending.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert only(send()).state == State.ACCEPTED


def test_what_the_cap_held_back_goes_when_the_day_turns_and_not_after_its_time(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL = f"file://{tmp_path}/texts.jsonl"
    settings.FAIRWAY_SMS_DAILY_PARTS = 0
    waits, late = send(lane=Lane.CRITICAL), send(lane=Lane.CRITICAL)
    held = only(waits)
    assert (held.state, held.code, held.attempts) == (State.PENDING, "cap", 0)
    due_in = (Batch.objects.get(publication=waits, closed_at=None).due_at - timezone.now()).total_seconds()
    assert 600 < due_in < 1_200, "whatever the hour"
    Publication.objects.filter(pk=late.pk).update(give_up_at=timezone.now())
    settings.FAIRWAY_SMS_DAILY_PARTS = 10
    make_due()
    postman.work(Lane.CRITICAL, "sms")
    assert (only(waits).state, only(late).state) == (State.ACCEPTED, State.TOO_LATE)


@pytest.mark.parametrize("away", [True, False], ids=["unreached", "busy"])
def test_what_a_gateway_did_not_take_costs_nothing_however_often_it_is_tried(settings: Any, away: bool) -> None:
    settings.FAIRWAY_SMS_DAILY_PARTS = 30
    with server(BUSY) as one:
        gateway(settings, one)
        if away:
            settings.FAIRWAY_SMS_URL = f"http://127.0.0.1:{free_port()}/send"
        sent = [send(lane=Lane.CRITICAL) for _number in range(10)]
        for _try in range(5):
            make_due()
            postman.work(Lane.CRITICAL, "sms")
    assert {only(text).state for text in sent} == {State.PENDING}
    assert (Spending.objects.get().parts, spending.refused_today("sms")) == (0, 0)
    with server() as one:
        gateway(settings, one)
        make_due()
        postman.work(Lane.CRITICAL, "sms")
    assert {only(text).state for text in sent} == {State.ACCEPTED}
    assert Spending.objects.get().parts == 10


def test_copy_for_trying_out_writes_to_nobody_else(settings: Any, tmp_path: Path) -> None:
    settings.FAIRWAY_SMS_URL, settings.FAIRWAY_ONLY_TO = f"file://{tmp_path}/texts.jsonl", ["+33612345678"]
    assert only(send()).state == State.STOPPED
    assert only(send(to="+33612345678")).state == State.ACCEPTED
