"""Child processes that never outlive their parent, and where they may keep their files."""

from __future__ import annotations

import ctypes
import hashlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 20.0  # for who is told to end
_PR_SET_PDEATHSIG = 1


class CannotStart(SystemExit):
    """Ends the command with one clear line."""


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `sig` to the child when its parent ends, also by kill -9 (Linux)."""

    def arrange() -> None:
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sig)
        except (AttributeError, OSError):
            return  # not Linux: an ordinary stop still works

    return arrange


def start_module(*command: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Runs a module of Python: scripts beside it name the place where the checkout once was."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )


def unprivileged() -> dict[str, Any]:
    """Popen arguments that drop root: PostgreSQL refuses to run as root and needs a passwd entry."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise CannotStart("There is no user 'postgres' or 'nobody' to run PostgreSQL as.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_private(path: Path) -> bool:
    """True if another user cannot reach `path`: a folder on the way is closed to others."""
    return any(folder.exists() and not folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def data_folder() -> Path:
    """`FAIRWAY_DATA`, else `var` in the checkout; as root under a private home, a folder PostgreSQL can reach."""
    if os.environ.get("FAIRWAY_DATA"):
        return Path(os.environ["FAIRWAY_DATA"]).resolve()
    if os.geteuid() == 0 and is_private(CHECKOUT):
        mark = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]  # two checkouts may have one name
        return Path("/var/lib") / f"fairway-{CHECKOUT.name}-{mark}"
    return CHECKOUT / "var"


def owner(path: Path) -> int | None:
    """The user number of whose file it is; None if there is none."""
    try:
        return path.stat().st_uid
    except OSError:
        return None


def secret_file(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path` (mode 0600), made at the first call."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(make())
    return path.read_text().strip()


def stop(
    process: subprocess.Popen[Any], sig: signal.Signals = signal.SIGTERM, patience_s: float = PATIENCE_S
) -> None:
    """Ends the process and its group: politely, then not."""
    if process.poll() is None:
        process.send_signal(sig)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], what: str, patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not ready():
        if not alive():
            raise CannotStart(f"{what} ended before it was ready.")
        if time.monotonic() > end:
            raise CannotStart(f"{what} was not ready after {patience_s:.0f} s.")
        time.sleep(0.05)
