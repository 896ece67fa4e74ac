"""The list of what can fail names a test for each row, and each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = 29


def rows() -> dict[int, list[tuple[str, str]]]:
    """number → (path, name) of its tests"""
    lines = (ROOT / "docs/failure-modes.md").read_text().splitlines()
    table = [line.split("|") for line in lines if re.match(r"\| \d+ \|", line)]
    return {int(cells[1]): re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cells[-2]) for cells in table}


def test_each_failure_mode_has_its_row_and_tests_that_are_there() -> None:
    assert list(rows()) == list(range(1, ROWS + 1))
    for number, tests in rows().items():
        assert tests, f"row {number} names no test"
        for path, name in tests:
            assert f"def {name}(" in (ROOT / path).read_text(), f"row {number}: {path} has no {name}"
