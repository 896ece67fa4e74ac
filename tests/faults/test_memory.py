"""What a worker takes in memory does not grow with the number of recipients. Row 24 of the failure modes."""

from __future__ import annotations

import time

import psutil
import pytest

from base.words import Lane
from delivery.models import Publication
from portal.celery import app

from .plant import Plant

MOST_MB = 300
GROWTH_MB = 20


def largest_mb(plant: Plant, publication: Publication, patience_s: float) -> float:
    """The most that one process of the lane held at any moment, until everything has left."""
    plant.site.start_worker(Lane.ROUTINE)
    family = psutil.Process(plant.named("worker-routine").pid)
    end, most = time.monotonic() + patience_s, 0.0
    while not plant.report(publication).finished:
        assert time.monotonic() < end, plant.words()
        most = max(most, *(one.memory_info().rss / 2**20 for one in (family, *family.children(recursive=True))))
        time.sleep(0.2)
    plant.drain("worker-routine")
    return most


@pytest.fixture
def rung(working: Plant) -> Plant:
    """With beat, and the lane whose worker looks for what is due."""
    working.site.start_worker(Lane.CRITICAL)
    working.site.start_beat()
    return working


def test_ten_thousand_recipients_take_no_more_memory_than_one_thousand(rung: Plant) -> None:
    few = largest_mb(rung, rung.publish(1_000, lane=Lane.ROUTINE), 60)
    many = largest_mb(rung, rung.publish(10_000, lane=Lane.ROUTINE), 90)
    assert many < min(few + GROWTH_MB, MOST_MB), f"{few:.0f} MB with 1,000, {many:.0f} MB with 10,000"
    assert app.conf.worker_max_tasks_per_child, "a worker that leaks is replaced"


@pytest.mark.long
def test_no_worker_takes_three_hundred_megabytes_for_two_hundred_thousand(rung: Plant) -> None:
    assert largest_mb(rung, rung.publish(200_000, lane=Lane.ROUTINE), 600) < MOST_MB
