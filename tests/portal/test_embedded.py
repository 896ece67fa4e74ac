"""The two commands: servers that start from nothing, refuse a second owner and never outlive their parent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from portal.embedded import servers
from portal.embedded.postgres import Postgres
from portal.embedded.processes import CHECKOUT, CannotStart

RUN = CHECKOUT / "run"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's unprivileged user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="fairway-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def test_run_is_plain_posix_shell() -> None:
    assert subprocess.run(["sh", "-n", RUN], capture_output=True).returncode == 0
    assert RUN.read_text().startswith("#!/bin/sh\n")


def test_unknown_word_is_answered_with_the_usage() -> None:
    done = subprocess.run([RUN, "nonsense"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_second_owner_of_a_data_folder_is_told_so(folder: Path) -> None:
    holder = servers.lock(folder)
    assert holder is not None
    with holder:
        done = subprocess.run(
            [sys.executable, "-m", "portal.embedded.launcher"],
            env={**os.environ, "FAIRWAY_DATA": str(folder)},
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
        )
    assert done.returncode == 1
    assert "already running" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_another_postgresql_is_refused_in_one_line(folder: Path) -> None:
    data = folder / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("13\n")
    with pytest.raises(CannotStart, match="PostgreSQL 13"):
        Postgres(folder).start()


def test_data_survives_a_stop_and_only_the_password_opens_it(folder: Path) -> None:
    first = Postgres(folder, fsync="off").start()
    connection = psycopg2.connect(first.url())
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('yes')")
    connection.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(first.url().replace(first.password, "guess"))
    first.stop()
    second = Postgres(folder, fsync="off").start()
    connection = psycopg2.connect(second.url())
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        assert cursor.fetchall() == [("yes",)]
    connection.close()
    second.stop()


def test_state_file_holds_what_another_command_joins_and_is_private(folder: Path) -> None:
    servers.write_state(folder, {"DATABASE_URL": "a", "REDIS_URL": "b", "HOME": "not shared"})
    state = folder / servers.STATE
    assert json.loads(state.read_text()) == {"DATABASE_URL": "a", "REDIS_URL": "b"}
    assert state.stat().st_mode & 0o077 == 0


def test_own_database_replaces_only_the_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/db")
    monkeypatch.delenv("REDIS_URL")
    with servers.started(folder, durable=False) as environment:
        assert environment["DATABASE_URL"] == "postgresql://somebody@elsewhere/db"
        assert environment["REDIS_URL"].startswith("redis://:")
        assert "FAIRWAY_EMBEDDED" not in environment
