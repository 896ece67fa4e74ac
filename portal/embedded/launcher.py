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
from pathlib import Path
from types import FrameType

from portal.crowd import nginx

from . import servers
from .processes import (
    CHECKOUT,
    PATIENCE_S,
    CannotStart,
    data_folder,
    die_with_parent,
    free_port,
    start_module,
    stop,
    wait_until,
)

# Processes of each lane: while one waits for the database, the other keeps the relay busy.
LANES = {"critical": 1, "routine": 2, "personal": 1, "digest": 1}
# The ways out beside e-mail have queues of their own and wait for other people's servers: threads, side by side. Text
# messages have a process of their own: the servers that strangers name keep no severe one waiting.
WAYS = ("-Q", "webhook", "-P", "threads", "-c", "8")
TEXTS = ("-Q", "sms", "-P", "threads", "-c", "8")

BACKGROUND = ("worker-", "beat", "inbound")
MOST_FALLS = 5  # in a minute
BOOT_ERROR = 3  # `portal.checks` ends a process with it whose settings are wrong


class Stopped(Exception):
    """Somebody pressed Ctrl-C, sent TERM or closed the terminal."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def heed_signals() -> None:
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if sig != signal.SIGHUP or signal.getsignal(sig) != signal.SIG_IGN:  # under nohup it stays ignored
            signal.signal(sig, _stop)


def ignore_signals() -> None:
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)


def begin(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is the launcher's to hear
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    """Waits for a command of `manage.py`; its failure ends the start with its own words, and a stop ends it."""
    try:
        code = process.wait()
    finally:
        stop(process)
    if code:
        raise CannotStart("The site could not be made ready, see above.")


def chosen_port(name: str, default: int) -> int:
    """The port that the variable `name` asks for, if it is free: another program's page on it would pass for ours."""
    wanted = os.environ.get(name) or str(default)
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"{name} must be a number from 1 to 65535, not {wanted!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            raise CannotStart(f"Port {wanted} cannot be used ({error.strerror}): set {name} to another.") from error
    return int(wanted)


def static_stamp(target: str) -> str:
    newest = max((path.stat().st_mtime_ns for path in (CHECKOUT / "static").rglob("*")), default=0)
    lock_file = CHECKOUT / "requirements" / "run.txt"
    return f"{target} {newest} {lock_file.stat().st_mtime_ns}"


def prepare_site(environment: dict[str, str], folder: Path) -> None:
    """Database schema, catalogues, static files and demo, each only as far as it is not there yet."""
    stamp, wanted = folder / "static.stamp", static_stamp(environment["STATIC_ROOT"])
    collected = stamp.exists() and stamp.read_text() == wanted
    static = None if collected else begin(environment, "collectstatic", "--noinput", "-v0")
    try:  # the static files need no database
        finish(begin(environment, "prepare_site"))
        if static:
            finish(static)
            stamp.write_text(wanted)
    finally:
        if static:
            stop(static)


class Site:
    """The processes of one site; `stop` ends them in the order that loses nothing."""

    def __init__(self, environment: dict[str, str], folder: Path, port: int, below: servers.Processes) -> None:
        self.environment, self.folder, self.port = environment, folder, port
        self.below = below
        self.inbound_port = free_port()
        self.processes: servers.Processes = []
        self.commands: dict[str, tuple[str, ...]] = {}
        self.revived: dict[str, list[float]] = {}

    def run(self, name: str, *command: str) -> None:
        self.commands[name] = command
        process = start_module(*command, environment=self.environment, log=self.folder / f"{name}.log")
        self.processes.append((name, process))

    def start(self) -> None:
        """The first page comes first: on a small machine the workers' start would delay it."""
        self.start_web()
        for lane in LANES:
            self.start_worker(lane)
        self.start_worker("ways", queues=WAYS)
        if self.environment.keys() & {"FAIRWAY_SMS_URL", "FAIRWAY_SMS_URL_FILE"}:
            self.start_worker("texts", queues=TEXTS)
        self.start_beat()
        self.start_inbound()

    def start_web(self) -> None:
        self.run(
            "web", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "2",
            "--threads", "4", "--preload", "--no-control-socket",
        )  # fmt: skip
        wait_until(self.answers, lambda: not self.fallen(), "The site", 180)

    def start_worker(
        self, lane: str, name: str = "", *, queues: tuple[str, ...] = (), program: tuple[str, ...] = ("celery",)
    ) -> None:
        """The worker of `lane`; several of one lane need a `name` each. `program`: the module that runs it."""
        self.run(
            f"worker-{name or lane}", *program, "-A", "portal.celery", "worker",
            *(queues or ("-Q", lane, "-c", str(LANES.get(lane, 1)))),
            "-n", f"{name or lane}@fairway", "-l", "WARNING", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def start_beat(self) -> None:
        self.run(
            "beat", "celery", "-A", "portal.celery", "beat", "-l", "WARNING",
            "-s", str(self.folder / "beat"), "--pidfile=",
        )  # fmt: skip

    def start_inbound(self) -> None:
        """The door for mail that comes back, over LMTP."""
        self.run("inbound", "manage", "receive_mail", "--lmtp", f"127.0.0.1:{self.inbound_port}")

    def revive(self) -> list[str]:
        """Starts workers, beat and the door anew that ended by themselves, as systemd and containers do; their names.

        One that does not start for a wrong setting, or falls again and again, stays fallen.
        """
        started = []
        for name, process in list(self.processes):
            if process.poll() in (None, BOOT_ERROR) or not name.startswith(BACKGROUND):
                continue
            now = time.monotonic()
            recent = [moment for moment in self.revived.get(name, ()) if now - moment < 60]
            if len(recent) < MOST_FALLS:
                self.revived[name] = [*recent, now]
                self.processes.remove((name, process))
                self.run(name, *self.commands[name])
                started.append(name)
        return started

    def fallen(self) -> list[str]:
        """Who ended by itself, the servers below included."""
        return [name for name, process in (*self.below, *self.processes) if process.poll() is not None]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as page:
                return bool(page.status == 200)
        except urllib.error.HTTPError as error:
            raise CannotStart(f"The first page answers {error.code}, see {self.folder / 'web.log'}.") from error
        except OSError:
            return False

    def stop(self) -> None:
        """All are told at once, and all together have as long as one would."""
        end = time.monotonic() + PATIENCE_S
        for _name, process in self.processes:
            if process.poll() is None:
                process.terminate()
        for _name, process in self.processes:
            stop(process, patience_s=max(end - time.monotonic(), 1))


def start_mail_catcher(site: Site) -> str:
    """Starts the catcher unless EMAIL_URL names a relay; returns the address of its page."""
    if site.environment.get("EMAIL_URL"):
        return ""
    smtp, web = free_port(), chosen_port("MAIL_PORT", free_port())
    site.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    site.environment.setdefault("FAIRWAY_CANARY", "1")  # what is for our own domain comes back
    texts = site.folder / "texts.jsonl"
    if site.environment.get("FAIRWAY_DEMO") == "1":
        site.environment.setdefault("FAIRWAY_SMS_URL", texts.as_uri())
        site.environment.setdefault("FAIRWAY_SMS_COUNTRIES", "ES,FR,PT,MA,GB,IE,BE,NL,DE")
        site.environment.setdefault("FAIRWAY_HTTP_TEST_NETS", "127.0.0.0/8")
        site.environment["FAIRWAY_DEMO_HOOK"] = f"http://127.0.0.1:{web}/hook"
    site.run(
        "mailcatcher", "portal.embedded.mailcatcher", "--smtp-port", str(smtp), "--http-port", str(web),
        "--lmtp-port", str(site.inbound_port),
        "--domain", site.environment.get("FAIRWAY_MAIL_DOMAIN", "fairway.example"), "--texts", str(texts),
    )  # fmt: skip
    return f"http://localhost:{web}"


def start_nginx(site: Site, program: str, port: int) -> None:
    """Puts it before the site, and lets it be watched and stopped with the rest."""
    process = nginx.start(program, site.folder / "nginx", port=port, origin=site.port)
    site.processes.append(("nginx", process))


def greet(environment: dict[str, str], port: int, mails: str, seconds: float) -> None:
    servers.say(f"\nFairway is ready after {seconds:.0f} s: http://localhost:{port}")
    if mails:
        servers.say(f"Mails that it sends are caught: {mails} – buttons there let one come back")
    if environment.get("FAIRWAY_DEMO") == "1":
        finish(begin(environment, "demo_accounts"))
    servers.say("Ctrl-C stops everything; the data stays.")


def serve(folder: Path, port: int, begun: float, behind: str = "") -> None:
    """The site until it is stopped or a part of it falls. `behind`: the nginx that takes `port` and asks the site."""
    below: servers.Processes = []
    with servers.started(folder, below) as environment:
        environment.setdefault("FAIRWAY_SITE_URL", f"http://localhost:{port}")
        environment.setdefault("FAIRWAY_INSTANCE", "run")  # the folder is the house, whatever the machine is called
        environment.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
        environment.setdefault("STATIC_ROOT", str(folder / "static"))
        environment.setdefault("MEDIA_ROOT", str(folder / "media"))
        if behind:
            environment["BEHIND_PROXY"] = "true"
        site = Site(environment, folder, free_port() if behind else port, below)
        try:
            mails = start_mail_catcher(site)
            prepare_site(environment, folder)
            servers.write_state(folder, environment)
            site.start()
            if behind:
                start_nginx(site, behind, port)
            greet(environment, port, mails, time.monotonic() - begun)
            while site.revive() or not site.fallen():
                time.sleep(0.5)
            raise CannotStart(f"{', '.join(site.fallen())} ended by itself, see the logs in {folder}.")
        finally:
            ignore_signals()
            (folder / servers.STATE).unlink(missing_ok=True)
            site.stop()


def main() -> None:
    begun = time.monotonic()
    heed_signals()
    behind = nginx.found() if sys.argv[1:] == ["crowd"] else ""
    folder = servers.prepare(data_folder())
    holder = servers.lock(folder)
    if holder is None:
        raise CannotStart(f"Fairway is already running on {folder}: stop it first, or set FAIRWAY_DATA to another.")
    try:
        with holder:
            serve(folder, chosen_port("PORT", 8000), begun, behind)
    except Stopped:
        servers.say("Stopped; the data is kept.")


if __name__ == "__main__":
    main()
