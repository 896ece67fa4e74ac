"""What the short memory keeps, for how long, and for whom of two at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from base.memory import ShortMemory
from base.models import ShortMemory as Row

pytestmark = pytest.mark.django_db


def test_what_is_kept_comes_back_until_its_time_is_over() -> None:
    cache.set("limit", [1.5, 1.0], timeout=0.2)
    cache.set("word", "for ever", timeout=None)
    assert (cache.get("limit"), cache.get("word"), cache.get("nothing", 7)) == ([1.5, 1.0], "for ever", 7)
    time.sleep(0.25)
    assert (cache.get("limit"), cache.get("word")) == (None, "for ever")


def test_a_key_is_added_once_and_again_when_its_time_is_over() -> None:
    assert [cache.add("code", "y", timeout=0.2) for _ in range(2)] == [True, False]
    time.sleep(0.25)
    assert cache.add("code", "z", timeout=60)
    assert cache.get("code") == "z"
    assert [cache.delete("code") for _ in range(2)] == [True, False]


def test_writers_take_old_rows_away() -> None:
    for number in range(15):
        cache.set(f"old-{number}", 1, timeout=0)
    cache.set("new", 1)
    assert Row.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_adds() -> None:
    """Also when the key was there before and its time is over."""
    cache.set("code", "old", timeout=0.1)
    time.sleep(0.15)
    told: list[bool] = []
    gate = threading.Barrier(8)

    def add() -> None:
        own: Any = ShortMemory("", {})
        gate.wait()
        told.append(own.add("code", "y", timeout=60))
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]
