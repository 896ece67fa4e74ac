"""One plant for each module of faults: starting it takes as long as several of its tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .plant import Plant, plant


@pytest.fixture(scope="module")
def working(django_db_blocker: Any) -> Iterator[Plant]:
    """A plant with nothing but its receiving server running: each test starts what it needs."""
    with tempfile.TemporaryDirectory(prefix="fairway-plant-") as name, django_db_blocker.unblock():
        Path(name).chmod(0o755)  # the database's own user must reach its folder
        with plant(Path(name)) as made:
            yield made
