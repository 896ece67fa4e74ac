"""Real beat, worker and broker: who is dead stops being seen, and only who is dead."""

from __future__ import annotations

import pytest

from base import heartbeat
from base.words import Lane

from .plant import Plant

SEEN_S = 20  # a ring each 15 s, and a worker that has something else to do for a moment


def seen(name: str) -> bool:
    return heartbeat.ages().get(name, 1e9) < SEEN_S


@pytest.mark.long
def test_beat_pump_and_each_lane_are_seen_and_the_dead_are_not(working: Plant) -> None:
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        working.site.start_worker(lane)
    working.site.start_beat()
    parts = ("beat", "pump", "lane:critical", "lane:routine")
    working.wait(lambda: all(map(seen, parts)), "The first heartbeats")
    assert "lane:digest" not in heartbeat.ages(), "its worker was never started"
    working.kill("worker-routine")
    working.wait(lambda: not seen("lane:routine"), "Silence of the routine lane")
    assert seen("beat") and seen("pump") and seen("lane:critical")
    working.kill_broker()
    working.wait(lambda: not seen("lane:critical"), "Silence behind a dead broker")
    assert seen("beat"), "beat itself lives"
