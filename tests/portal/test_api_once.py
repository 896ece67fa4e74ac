"""A draft that is sent twice, and programs that ask too often."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from base import once
from base.models import IdempotencyKey, TokenBucket
from contacts import retention
from contacts.models import ApiKey
from notices.models import Version
from portal import throttles
from tests import make

from .test_api_drafts import PROBLEM, look, said, send

ONCE = {"idempotency-key": "storm-1"}


@pytest.fixture
def key() -> str:
    make.place()
    return make.api_key()[1]


@pytest.mark.django_db
def test_same_key_and_body_get_the_first_answer_again_and_make_one_draft(key: str) -> None:
    body = said()
    first = send(key, body, **ONCE)
    Version.objects.update(state="rejected")
    second = send(key, dict(reversed(body.items())), **ONCE)
    assert (second.status_code, second.json(), second["Location"]) == (201, first.json(), first["Location"])
    assert Version.objects.count() == 1


@pytest.mark.django_db
def test_same_key_with_another_body_is_refused(key: str) -> None:
    send(key, said(), **ONCE)
    answer = send(key, said(cause="Another"), **ONCE)
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert "another request" in answer.json()["detail"]
    assert Version.objects.count() == 1


@pytest.mark.django_db
def test_another_program_may_use_the_same_key(key: str) -> None:
    send(key, said(), **ONCE)
    send(make.api_key()[1], said(), **ONCE)
    assert Version.objects.count() == 2


@pytest.mark.django_db
def test_what_failed_may_be_sent_again_under_its_key(key: str) -> None:
    assert send(key, said(kind="nonsense"), **ONCE).status_code == 422
    assert send(key, said(), **ONCE).status_code == 201


@pytest.mark.django_db
def test_key_longer_than_255_signs_is_refused(key: str) -> None:
    answer = send(key, said(), **{"idempotency-key": "x" * 256})
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"


@pytest.mark.django_db(transaction=True)
def test_second_request_while_the_first_is_in_flight_is_409(key: str) -> None:
    begun, done, seen = threading.Event(), threading.Event(), []

    def first() -> None:
        try:
            with transaction.atomic():
                made = ApiKey.objects.get()
                once.once(lambda: hold(), scope=f"api.draft:{made.pk}", key="storm-1", request=said(), now=make.now())
        finally:
            connections.close_all()

    def hold() -> dict[str, Any]:
        begun.set()
        seen.append(done.wait(20))
        return {}

    running = threading.Thread(target=first)
    running.start()
    assert begun.wait(20)
    answer = send(key, said(), **ONCE)
    done.set()
    running.join()
    assert (answer.status_code, answer["Content-Type"], seen) == (409, PROBLEM, [True])
    assert answer["Retry-After"] == "1"
    assert not Version.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_request_whose_connection_broke_keeps_nobody_waiting(key: str) -> None:
    with pytest.raises(ZeroDivisionError):
        once.once(lambda: {"": 1 // 0}, scope="s", key="k", request={}, now=make.now())
    assert once.once(lambda: {"done": 1}, scope="s", key="k", request={}, now=make.now()) == {"done": 1}


# --- Too often ----------------------------------------------------------------------------------------------------


def empty(limit: throttles.Limit, who: str) -> None:
    """As if all of it had been used; its clock is ahead, so that nothing flows in during the test."""
    TokenBucket.objects.update_or_create(key=f"{limit.name}:{who}", defaults={"tokens": 0, "at": make.in_hours(0.01)})


@pytest.mark.django_db
def test_program_that_drafts_too_often_is_told_when_to_come_again(key: str) -> None:
    empty(throttles.WRITING, ApiKey.objects.get().uid.hex)
    answer = send(key, said())
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (429, "2", PROBLEM)
    assert answer["Cache-Control"] == "no-store" and not Version.objects.exists()
    assert look(key, "notices/").status_code == 200


@pytest.mark.django_db
def test_network_that_reads_too_often_waits_and_a_key_has_a_limit_of_its_own(key: str) -> None:
    empty(throttles.BY_NETWORK, "127.0.0.0/24")
    for path in ("notices/", "places/"):
        answer = Client().get(f"/api/v1/{path}")
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (429, "1", "no-store")
    assert look(key, "notices/").status_code == 200


@pytest.mark.django_db
def test_limits_are_counted_by_requests(key: str) -> None:
    look(key, "notices/")
    Client().get("/api/v1/notices/")
    send(key, said())
    left = {bucket.key.split(":")[0]: bucket.tokens for bucket in TokenBucket.objects.filter(key__startswith="api.")}
    assert left == {"api.key": 1_199, "api.network": 599, "api.write": 59}


@pytest.mark.django_db
def test_kept_answers_and_buckets_are_forgotten_after_a_week(key: str) -> None:
    send(key, said(), **ONCE)
    retention.forget(now=make.now() + timedelta(days=6))
    assert IdempotencyKey.objects.exists() and TokenBucket.objects.exists()
    retention.forget(now=make.now() + timedelta(days=8))
    assert not IdempotencyKey.objects.exists() and not TokenBucket.objects.exists()
