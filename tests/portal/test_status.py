"""The page that says how the site is: for everybody, without a number that a stranger could use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from base import audit, heartbeat
from base.models import Heartbeat
from base.words import Lane
from delivery import canary, outbox
from delivery.models import Batch, Inbound, Publication
from delivery.sealed import Sealed
from portal import condition
from tests import make

pytestmark = pytest.mark.django_db


def told(client: Client) -> tuple[int, str, dict[str, str]]:
    answer = client.get("/status.json")
    found = json.loads(answer.content)
    return answer.status_code, found["status"], {part["name"]: part["status"] for part in found["parts"]}


def age(name: str, seconds: float) -> None:
    Heartbeat.objects.filter(name=name).update(at=F("at") - timedelta(seconds=seconds))


def test_site_at_work_is_green_with_200(client: Client) -> None:
    make.at_work()
    status, level, parts = told(client)
    assert (status, level) == (200, "green"), parts
    assert set(parts) == {part.name for part in condition.PARTS if part.name not in ("canary", "texts")}


def test_canary_is_a_part_where_the_way_back_is_set_up(client: Client, settings: Any) -> None:
    settings.FAIRWAY_CANARY = True
    make.at_work()
    assert told(client)[2]["canary"] == "unknown", "none was sent yet"
    canary.sweep(now=make.now())
    assert told(client)[2]["canary"] == "unknown", "none is back yet"
    number = canary.number_at(make.now())
    Inbound.objects.create(
        digest="d", door="test", kind="canary", number=number, received_at=make.now(), applied_at=make.now()
    )
    assert told(client)[:2] == (200, "green")
    Inbound.objects.all().delete()
    Publication.objects.update(created_at=make.in_hours(-0.1))
    assert told(client)[:2] == (503, "red")


@pytest.mark.parametrize(
    ("name", "part", "slow_s", "dead_s"),
    [
        *((f"lane:{lane}", str(lane), 60, 150) for lane in (*Lane, "ways", "texts")),
        ("beat", "beat", 30, 60),
        ("pump", "pump", 30, 60),
    ],
)
def test_part_that_falls_silent_turns_amber_and_then_red(
    client: Client, settings: Any, name: str, part: str, slow_s: int, dead_s: int
) -> None:
    settings.FAIRWAY_SMS_URL = "https://gateway.example/send"
    make.at_work()
    age(name, slow_s + 1)
    status, level, parts = told(client)
    assert (status, level, parts[part]) == (200, "amber", "amber")
    age(name, dead_s - slow_s)
    status, level, parts = told(client)
    assert (status, level, parts[part]) == (503, "red", "red")


def test_part_that_was_never_seen_is_red(client: Client) -> None:
    make.at_work(but="beat")
    assert told(client)[:2] == (503, "red")


def test_severe_notice_that_does_not_leave_turns_red_and_a_routine_one_does_not(client: Client) -> None:
    make.at_work()
    now = datetime.now(UTC)
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        outbox.post(key=f"t:{lane}", to="a@reader.invalid", message=Sealed("en", "x", "x"), now=now, lane=lane)
    Batch.objects.filter(lane=Lane.ROUTINE).update(due_at=F("due_at") - timedelta(hours=1))
    assert told(client)[1] == "green"
    Batch.objects.filter(lane=Lane.CRITICAL).update(due_at=F("due_at") - timedelta(seconds=150))
    status, _level, parts = told(client)
    assert (status, parts["waiting"]) == (503, "red")


def test_audit_trail_that_nobody_chains_turns_amber(client: Client) -> None:
    make.at_work()
    audit.record(actor="test", action="test", target="test", now=datetime.now(UTC) - timedelta(minutes=3))
    assert told(client)[2]["audit"] == "amber"
    audit.chain()
    assert told(client)[2]["audit"] == "green"


def test_page_answers_without_the_broker(client: Client, settings: Any) -> None:
    make.at_work()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, level, parts = told(client)
    assert (status, level, parts["broker"], parts["critical"]) == (200, "amber", "amber", "green")


def test_page_is_read_in_every_language_with_a_word_beside_each_colour(client: Client) -> None:
    make.at_work(but="pump")
    for language, word in (("en", "Does not work"), ("fr", "Ne fonctionne pas"), ("es", "No funciona")):
        page = client.get(f"/{language}/status/")
        assert page.status_code == 503
        assert word in page.content.decode()
        assert set(page.headers["Cache-Control"].split(", ")) == {"public", "max-age=5"}


def test_who_asks_for_json_gets_it_and_who_asks_for_a_page_is_led_there(client: Client) -> None:
    make.at_work()
    for path in ("/status", "/en/status/"):
        assert client.get(path, headers={"Accept": "application/json"}).json()["status"] == "green"
    answer = client.get("/status", headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/fr/status/")
    assert "Accept" in client.get("/en/status/").headers["Vary"]


def test_no_exact_number_is_told(client: Client) -> None:
    make.at_work()
    age("beat", 17)
    age("pump", 4_000)
    ages = {part["name"]: part["age"] for part in client.get("/status.json").json()["parts"]}
    assert ages["beat"] == "under 1 min"
    assert ages["pump"] == "under 6 h 0 min"
    assert condition.coarse(100_000) == "over a day"


@pytest.mark.django_db(transaction=True)
def test_page_answers_without_the_database() -> None:
    browser = Client(raise_request_exception=False)
    own = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["PORT"] = 1
    try:
        answers = [browser.get(path) for path in ("/status.json", "/en/status/")]
    finally:
        connection.close()
        connection.settings_dict.update(own)
    assert [answer.status_code for answer in answers] == [503, 503]
    parts = {part["name"]: part["status"] for part in answers[0].json()["parts"]}
    assert (parts["web"], parts["database"], parts["beat"]) == ("green", "red", "unknown")
    assert "Database" in answers[1].content.decode()
    assert heartbeat.ages() == {}, "the database is back"
