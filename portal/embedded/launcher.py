"""`./run`: the whole site on this machine, from nothing to the first page, stopped as one by Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from . import servers
from .processes import CHECKOUT, CannotStart, data_folder, die_with_parent, free_port, stop, wait_until

LANES = ("critical", "routine", "personal", "digest")
BIN = Path(sys.executable).parent


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent TERM."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def manage(environment: dict[str, str], *arguments: str) -> None:
    """Runs `manage.py`; its failure ends the start with its own words."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], env=environment, cwd=CHECKOUT)
    if done.returncode:
        raise CannotStart(f"manage.py {' '.join(arguments)} failed, see above.")


def chosen_port() -> int:
    """`PORT`, if it is free: another program's page on it would pass for ours."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {wanted!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            raise CannotStart(f"Port {wanted} cannot be used ({error.strerror}): set PORT to another.") from error
    return int(wanted)


def static_stamp() -> str:
    newest = max((path.stat().st_mtime_ns for path in (CHECKOUT / "static").rglob("*")), default=0)
    lock_file = CHECKOUT / "requirements" / "run.txt"
    target = os.environ.get("STATIC_ROOT") or CHECKOUT / "var" / "static"
    return f"{target} {newest} {lock_file.stat().st_mtime_ns}"


def collect_static(environment: dict[str, str], folder: Path) -> None:
    stamp = folder / "static.stamp"
    if not stamp.exists() or stamp.read_text() != static_stamp():
        manage(environment, "collectstatic", "--noinput", "-v0")
        stamp.write_text(static_stamp())


def prepare_site(environment: dict[str, str], folder: Path) -> None:
    """Database schema, catalogues, static files and demo, each only as far as it is not there yet."""
    with ThreadPoolExecutor(1) as beside:  # the static files need no database
        static = beside.submit(collect_static, environment, folder)
        manage(environment, "prepare_site")
        static.result()


class Site:
    """The processes of one site; `stop` ends them in the order that loses nothing."""

    def __init__(self, environment: dict[str, str], folder: Path, port: int) -> None:
        self.environment, self.folder, self.port = environment, folder, port
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def run(self, name: str, *command: str | Path) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=self.environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.processes.append((name, process))

    def start(self) -> None:
        self.run(
            "web", BIN / "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2",
            "--threads", "4", "--no-control-socket",
        )  # fmt: skip
        for lane in LANES:
            self.run(
                f"worker-{lane}", BIN / "celery", "-A", "portal.celery", "worker", "-Q", lane, "-c", "1",
                "-n", f"{lane}@fairway", "-l", "WARNING", "--without-gossip", "--without-mingle",
            )  # fmt: skip
        self.run(
            "beat", BIN / "celery", "-A", "portal.celery", "beat", "-l", "WARNING",
            "-s", self.folder / "beat", "--pidfile=",
        )  # fmt: skip
        wait_until(self.answers, self.alive, "The site")

    def alive(self) -> bool:
        return all(process.poll() is None for _name, process in self.processes)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as page:
                return bool(page.status == 200)
        except urllib.error.HTTPError as error:
            raise CannotStart(f"The first page answers {error.code}, see {self.folder / 'web.log'}.") from error
        except OSError:
            return False

    def stop(self) -> None:
        for _name, process in self.processes:
            if process.poll() is None:
                process.terminate()
        for _name, process in self.processes:
            stop(process)


def start_mail_catcher(site: Site) -> str:
    """Starts the catcher unless EMAIL_URL names a relay; returns the address of its page."""
    if site.environment.get("EMAIL_URL"):
        return ""
    smtp, web = free_port(), int(os.environ.get("MAIL_PORT") or free_port())
    site.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    site.run(
        "mailcatcher", sys.executable, "-m", "portal.embedded.mailcatcher",
        "--smtp-port", str(smtp), "--http-port", str(web),
    )  # fmt: skip
    return f"http://localhost:{web}"


def greet(environment: dict[str, str], port: int, mails: str, seconds: float) -> None:
    servers.say(f"\nFairway is ready after {seconds:.0f} s: http://localhost:{port}")
    if mails:
        servers.say(f"Mails that it sends are caught: {mails}")
    if environment.get("FAIRWAY_DEMO") == "1":
        manage(environment, "demo_accounts")
    servers.say("Ctrl-C stops everything; the data stays.")


def main() -> None:
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    folder = servers.prepare(data_folder())
    holder = servers.lock(folder)
    if holder is None:
        raise CannotStart(f"Fairway is already running on {folder}: stop it first, or set FAIRWAY_DATA to another.")
    port = chosen_port()
    try:
        with holder, servers.started(folder) as environment:
            environment.setdefault("FAIRWAY_SITE_URL", f"http://localhost:{port}")
            site = Site(environment, folder, port)
            try:
                mails = start_mail_catcher(site)
                prepare_site(environment, folder)
                servers.write_state(folder, environment)
                site.start()
                greet(environment, port, mails, time.monotonic() - begun)
                while site.alive():
                    time.sleep(0.5)
                fallen = [name for name, process in site.processes if process.poll() is not None]
                raise CannotStart(f"{', '.join(fallen)} ended by itself, see the logs in {folder}.")
            finally:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                (folder / servers.STATE).unlink(missing_ok=True)
                site.stop()
    except Stopped:
        servers.say("Stopped; the data is kept.")


if __name__ == "__main__":
    main()
