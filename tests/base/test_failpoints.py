"""Failpoints: nothing happens unless a drill arms them, and then a process ends itself where it was told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from base import failpoints
from portal.embedded.processes import CHECKOUT

CODE = """
from base import failpoints
for number in range(999):
    for place in failpoints.PLACES:
        failpoints.reached(place)
"""


def run(told: str) -> int:
    environment = {**os.environ, "FAILPOINTS": told}
    return subprocess.run([sys.executable, "-c", CODE], env=environment, cwd=CHECKOUT).returncode


def test_nothing_is_armed_without_the_variable() -> None:
    assert not failpoints.ARMED
    assert run("") == 0


def test_armed_process_kills_itself_and_is_counted_until_the_number_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "deaths"
    codes = [run(f"7:3:{path}") for _number in range(5)]
    assert codes == [-signal.SIGKILL] * 3 + [0, 0]
    places = [line.split()[0] for line in path.read_text().splitlines()]
    assert len(places) == 3
    path.unlink()
    again = [run(f"7:3:{path}") for _number in range(5)]
    assert again == codes
    assert [line.split()[0] for line in path.read_text().splitlines()] == places
