"""The fault drill: kills, broker, database and mail server at every moment; nobody lost or wrong, few doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from portal.drill import moods
from portal.drill.moods import IN_A_THOUSAND, Mood, mood_of
from portal.embedded.processes import CHECKOUT


def drill(recipients: int, seed: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "manage.py", "drill", "--faults", "--recipients", str(recipients), "--seed", str(seed),
         "--json"],
        env=dict(os.environ), cwd=CHECKOUT, capture_output=True, text=True, timeout=1_500,
    )  # fmt: skip
    assert done.stdout, done.stderr[-3_000:]
    figures: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, figures
    return figures


def holds(figures: dict[str, Any], *, kills: int, broker: int, restarts: int) -> None:
    assert (figures["lost"], figures["wrong"]) == (0, 0), figures
    assert figures["delivered"] + figures["refused"] == figures["recipients"], figures
    assert figures["duplicates"] <= figures["duplicate_bound"], figures
    assert figures["duplicates_critical"] <= min(100, 4 * figures["kills"]), figures
    assert figures["kills"] >= kills and figures["broker_faults"] == broker, figures
    assert figures["database_restarts"] == restarts, figures
    assert set(figures["http"]) <= {"200", "503"}, figures
    assert max(figures["recovered_s"].values()) <= 15, figures


def test_nobody_is_lost_or_wrong_whatever_breaks() -> None:
    holds(drill(600, seed=600), kills=10, broker=3, restarts=1)


@pytest.mark.long
def test_nobody_of_ten_thousand_is_lost_under_two_hundred_kills() -> None:
    holds(drill(10_000, seed=2026), kills=200, broker=20, restarts=10)


def test_mail_server_hangs_up_at_eight_points() -> None:
    greetings = {moods.greeting_of("7", number) for number in range(200)}
    assert greetings == set(moods.Greeting)
    assert {moods.greeting_of("", number) for number in range(200)} == {moods.Greeting.GOOD}
    cuts = [one for one in (*Mood, *moods.Greeting) if one.value.startswith("cut")]
    assert len(cuts) == 8


def test_mail_server_treats_everybody_the_same_when_it_is_played_again() -> None:
    people = [f"r00{number}@drill.invalid" for number in range(5_000)]
    first = [mood_of("7", to, 1) for to in people]
    assert first == [mood_of("7", to, 1) for to in people] != [mood_of("8", to, 1) for to in people]
    assert set(first) == set(Mood)
    for mood, share in IN_A_THOUSAND.items():
        assert 0 < first.count(mood) < 3 * share * 5, mood
    assert {mood_of("7", to, moods.PATIENT_AFTER) for to in people} == {Mood.GOOD, Mood.NEVER}
    assert all(mood_of("7", to, 1) == Mood.NEVER for to in people if moods.is_refused("7", to))
    assert {mood_of("", to, 1) for to in people} == {Mood.GOOD}
