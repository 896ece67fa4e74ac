"""Heartbeats: one row a part, by PostgreSQL's clock, rarely written and never in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from base import heartbeat
from base.models import Heartbeat

pytestmark = pytest.mark.django_db


def test_who_was_seen_is_written_down_with_its_age() -> None:
    heartbeat.beat("pump", "five waiting")
    assert Heartbeat.objects.get(name="pump").detail == "five waiting"
    assert 0 <= heartbeat.ages()["pump"] < 5


def test_who_was_seen_a_moment_ago_is_not_written_again() -> None:
    heartbeat.beat("pump")
    before = Heartbeat.objects.get(name="pump").at
    heartbeat.beat("pump")
    assert Heartbeat.objects.get(name="pump").at == before
    Heartbeat.objects.update(at=F("at") - timedelta(minutes=1))
    heartbeat.beat("pump")
    assert heartbeat.ages()["pump"] < 5


def test_heartbeat_of_a_clock_that_was_set_back_does_not_stay_young() -> None:
    heartbeat.beat("pump")
    Heartbeat.objects.update(at=F("at") + timedelta(hours=1))
    heartbeat.beat("pump")
    assert 0 <= heartbeat.ages()["pump"] < 5


@pytest.mark.django_db(transaction=True)
def test_database_that_refuses_stops_nobody() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE base_heartbeat RENAME TO away")
    try:
        heartbeat.beat("pump")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO base_heartbeat")
