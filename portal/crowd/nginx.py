"""Finds nginx and runs it before a site on loopback. No Django here."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from portal.embedded.processes import CannotStart, die_with_parent, unprivileged, wait_until

from .conf import on_loopback

MISSING = """\
nginx is not installed, and the site behind it is what you asked for.
Install it (Debian, Ubuntu: apt-get install --no-install-recommends nginx-light; Fedora: dnf install nginx-core;
macOS: brew install nginx), or start the site without it: ./run"""


def installed() -> str:
    """The installed program, else nothing; Debian keeps it where only root looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def found() -> str:
    program = installed()
    if not program:
        raise CannotStart(MISSING)
    return program


def start(program: str, folder: Path, *, port: int, origin: int, more: str = "") -> subprocess.Popen[bytes]:
    """nginx on `port` before the site on `origin`, its files in `folder`; returns once it listens."""
    front = on_loopback(port, origin, folder, more=more)
    run_as = unprivileged()
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.sock"):  # of one that was killed
        left.unlink()
    (folder / "nginx.conf").write_text(f"daemon off;\n{front.text()}")
    if run_as:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, run_as["user"], run_as["group"])
    process = subprocess.Popen(
        [program, "-e", front.errors, "-c", str(folder / "nginx.conf"), "-p", str(folder)],
        stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM), **run_as,
    )  # fmt: skip
    wait_until(lambda: listens(port), lambda: process.poll() is None, "nginx", 20)
    return process


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
