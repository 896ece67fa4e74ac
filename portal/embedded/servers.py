"""The servers one command needs: given by the environment, joined from a running site, or started for its time."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from .postgres import Postgres
from .processes import CannotStart, owner, secret_file
from .valkey import Valkey

STATE = "running.json"
# These speak of the embedded database: they never go along with another one.
OF_EMBEDDED = ("FAIRWAY_DEMO", "FAIRWAY_EMBEDDED")
SHARED = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "FAIRWAY_SITE_URL", *OF_EMBEDDED)

Processes = list[tuple[str, "subprocess.Popen[Any]"]]


def say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def prepare(folder: Path) -> Path:
    """Makes the data folder; refuses one that somebody else began, whose files neither could go on with."""
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{folder} cannot be made ({error.strerror}): set FAIRWAY_DATA to another.") from error
    if not os.access(folder, os.W_OK | os.X_OK) or owner(folder / "lock") not in (None, os.geteuid()):
        whose = "is not yours to write" if os.geteuid() else "was begun by another user"
        raise CannotStart(f"{folder} {whose}: start Fairway as its owner, or set FAIRWAY_DATA to another folder.")
    return folder


def lock(folder: Path) -> IO[str] | None:
    """The lock of the data folder, held while the returned file is open; None if somebody else holds it."""
    file = open(folder / "lock", "a")  # noqa: SIM115 - held open on purpose
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def running(folder: Path) -> dict[str, str] | None:
    """The environment of the site that runs on `folder` now, else None."""
    holder = lock(folder)
    if holder is not None:
        holder.close()
        return None
    try:
        state: dict[str, str] = json.loads((folder / STATE).read_text())
    except (OSError, ValueError):
        return None
    return state


def write_state(folder: Path, environment: dict[str, str]) -> None:
    """Leaves what another command needs to join; readable by the owner alone, since it holds passwords."""
    path = folder / STATE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({name: environment[name] for name in SHARED if name in environment}, file)


def join(state: dict[str, str]) -> dict[str, str]:
    """Our own environment, and what the running site adds to it: what is set here is never replaced."""
    foreign = OF_EMBEDDED if os.environ.get("DATABASE_URL") else ()
    taken = {name: value for name, value in state.items() if not os.environ.get(name) and name not in foreign}
    return {**os.environ, **taken}


@contextmanager
def started(folder: Path, processes: Processes | None = None, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Starts PostgreSQL and Valkey unless DATABASE_URL and REDIS_URL name others; yields the environment.

    `processes` is given those that were started, for who wants to watch them.
    """
    environment = dict(os.environ)
    postgres = valkey = None
    fast = {} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    try:
        if not environment.get("DATABASE_URL"):
            postgres = Postgres(folder, **fast).start()
            environment["DATABASE_URL"] = postgres.url()
            # Demo accounts and the code page are for data that nobody else can reach.
            environment.setdefault("FAIRWAY_DEMO", "1")
            environment["FAIRWAY_EMBEDDED"] = "1"
        if not environment.get("REDIS_URL"):
            valkey = Valkey(folder, durable=durable).start()
            environment["REDIS_URL"] = valkey.url()
        if not environment.get("SECRET_KEY"):
            environment["SECRET_KEY"] = secret_file(folder / "secret.key", lambda: secrets.token_urlsafe(60))
        if processes is not None:
            for name, server in (("postgres", postgres), ("valkey", valkey)):
                if server is not None and server.process is not None:
                    processes.append((name, server.process))
        yield environment
    finally:
        for server in (valkey, postgres):
            if server is not None:
                server.stop()


@contextmanager
def joined(folder: Path) -> Iterator[dict[str, str]]:
    """The servers of the site running on `folder`, else servers started for the time of the block."""
    prepare(folder)
    state = running(folder)
    if state is not None:
        yield join(state)
        return
    holder = lock(folder)
    if holder is None:
        raise CannotStart(f"Another Fairway is starting or stopping on {folder}: try again in a few seconds.")
    with holder, started(folder) as environment:
        yield environment
