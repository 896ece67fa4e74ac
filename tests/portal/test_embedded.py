"""The two commands: servers that start from nothing, refuse a second owner and never outlive their parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from portal.embedded import launcher, servers
from portal.embedded.postgres import Postgres
from portal.embedded.processes import CHECKOUT, CannotStart, free_port

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


def test_servers_start_in_a_folder_with_any_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    odd = servers.prepare(folder / "Zoë's \"port\" # 1")
    with servers.started(odd, durable=True) as environment:
        redis.Redis.from_url(environment["REDIS_URL"]).save()
        psycopg2.connect(environment["DATABASE_URL"]).close()
    assert (odd / "valkey" / "dump.rdb").exists()


def test_own_database_replaces_only_the_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/db")
    monkeypatch.delenv("REDIS_URL")
    with servers.started(folder, durable=False) as environment:
        assert environment["DATABASE_URL"] == "postgresql://somebody@elsewhere/db"
        assert environment["REDIS_URL"].startswith("redis://:")
        assert "FAIRWAY_EMBEDDED" not in environment


def test_start_that_was_cut_while_the_cluster_was_made_is_made_again(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("half made\n")
    server = Postgres(folder, fsync="off").start()
    server.stop()
    assert (folder / "postgres" / "PG_VERSION").exists()
    assert not (folder / "postgres.new").exists()


def site_environment(folder: Path, **more: str) -> dict[str, str]:
    given = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "FAIRWAY_DEMO", "FAIRWAY_EMBEDDED")
    own = {name: value for name, value in os.environ.items() if name not in given}
    return {**own, "FAIRWAY_DATA": str(folder), "STATIC_ROOT": str(folder / "static"), **more}


def test_taken_port_is_told_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = subprocess.run(
            [sys.executable, "-m", "portal.embedded.launcher"],
            env=site_environment(folder, PORT=str(other.getsockname()[1])),
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
        )
    assert done.returncode == 1
    assert "set PORT to another" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "postgres").exists()


def test_port_that_is_no_number_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PORT", "mail")
    with pytest.raises(CannotStart, match="MAIL_PORT must be a number"):
        launcher.chosen_port("MAIL_PORT", 1)


def test_data_folder_of_another_user_is_refused_in_one_line(folder: Path) -> None:
    if os.geteuid() == 0:
        (folder / "lock").touch()
        os.chown(folder / "lock", 65534, 65534)
    else:
        folder.chmod(0o500)
    with pytest.raises(CannotStart, match="set FAIRWAY_DATA to another folder"):
        servers.prepare(folder)
    folder.chmod(0o755)


def test_servers_that_were_started_can_be_watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    watched: servers.Processes = []
    with servers.started(folder, watched, durable=False) as environment:
        site = launcher.Site(environment, folder, 0, watched)
        assert site.fallen() == []
        database = dict(watched)["postgres"]
        database.kill()
        database.wait()
        assert site.fallen() == ["postgres"]


def test_demo_mark_of_a_running_site_never_goes_to_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"DATABASE_URL": "embedded", "REDIS_URL": "embedded", "FAIRWAY_DEMO": "1", "FAIRWAY_EMBEDDED": "1"}
    for name in state:
        monkeypatch.delenv(name, raising=False)
    assert servers.join(state)["FAIRWAY_DEMO"] == "1"
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/db")
    joined = servers.join(state)
    assert joined["DATABASE_URL"] == "postgresql://somebody@elsewhere/db"
    assert joined["REDIS_URL"] == "embedded"
    assert "FAIRWAY_DEMO" not in joined
    assert "FAIRWAY_EMBEDDED" not in joined


def start_site(folder: Path, port: int) -> subprocess.Popen[bytes]:
    site = subprocess.Popen(
        [sys.executable, "-m", "portal.embedded.launcher"],
        env=site_environment(folder, PORT=str(port)),
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=open(folder / "launcher.log", "ab"),  # noqa: SIM115 - the child keeps it
    )
    ready, end = f"http://localhost:{port}".encode(), time.monotonic() + 120
    while ready not in (folder / "launcher.log").read_bytes():
        assert site.poll() is None and time.monotonic() < end, (folder / "launcher.log").read_text()
        time.sleep(0.2)
    return site


def manage(folder: Path, code: str) -> str:
    done = subprocess.run(
        [RUN, "manage", "shell", "-v0", "-c", code],
        env=site_environment(folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def left_over(folder: Path) -> list[str]:
    """Command lines of processes that still use the data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"FAIRWAY_DATA={folder}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.long
def test_site_that_was_killed_leaves_nothing_running_and_starts_again_with_its_data(folder: Path) -> None:
    port, count = free_port(), "from notices.models import Notice; print(Notice.objects.count())"
    first = start_site(folder, port)
    notices = manage(folder, count)
    assert int(notices) > 0
    first.kill()
    first.wait()
    end = time.monotonic() + 30
    while left_over(folder) and time.monotonic() < end:
        time.sleep(0.2)
    assert left_over(folder) == []
    (folder / "launcher.log").unlink()
    begun = time.monotonic()
    second = start_site(folder, port)
    assert time.monotonic() - begun < 60
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
        assert page.status == 200
    assert manage(folder, count) == notices
    second.send_signal(signal.SIGHUP)  # the terminal was closed
    assert second.wait(120) == 0
    assert left_over(folder) == []
    assert not (folder / servers.STATE).exists()


def test_database_out_of_reach_is_told_in_one_line(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare_site"],
        env=site_environment(
            folder, DATABASE_URL=f"postgresql://somebody:x@127.0.0.1:{free_port()}/none", SECRET_KEY="k" * 50
        ),
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
    )
    assert "The database cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
