"""A whole site whose parts may be killed, from the database to the workers; the receiver's log alone counts."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from kombu import pools

from portal.celery import app
from portal.embedded.launcher import Site
from portal.embedded.postgres import DATABASE, USER, Postgres
from portal.embedded.processes import free_port, wait_until
from portal.embedded.valkey import Valkey

from .verdict import read


class Plant:
    """The site, and what can be done to it. With a `seed` its mail server misbehaves (`portal.drill.moods`)."""

    def __init__(self, folder: Path, *, seed: str = "") -> None:
        self.log = folder / "accepted.jsonl"
        self.log.touch()
        self.seed = seed
        self.postgres = Postgres(folder)  # durable: what it has confirmed outlives a kill
        self.valkey = Valkey(folder, durable=False)
        self.site = Site({}, folder, free_port(), [])
        self.sink_port = free_port()

    def start(self) -> None:
        """The servers and the mail server; workers, beat and web are started by who needs them."""
        self.postgres.start()
        self.valkey.start()
        self.site.environment = {
            **os.environ,
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.valkey.url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink_port}",
            "FAIRWAY_SITE_URL": f"http://127.0.0.1:{self.site.port}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "CONN_MAX_AGE": "60",
        }
        self.site.run(
            "sink", "portal.drill.sink", "--port", str(self.sink_port), "--log", str(self.log), "--seed", self.seed
        )

    def named(self, name: str) -> subprocess.Popen[bytes]:
        return next(process for known, process in reversed(self.site.processes) if known == name)

    def kill(self, name: str) -> None:
        """kill -9 of the whole group, as the kernel does when memory runs out."""
        process = self.named(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.site.processes.remove((name, process))

    def kill_main(self, name: str) -> None:
        """kill -9 of the first process alone; its children see that it is gone."""
        process = self.named(name)
        process.kill()
        process.wait()
        self.site.processes.remove((name, process))

    def kill_child(self, name: str) -> bool:
        """kill -9 of one of its children; False if it has none at the moment."""
        pid = self.named(name).pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found = children.read_text().split() if children.exists() else []
        if found:
            with suppress(ProcessLookupError):
                os.kill(int(found[0]), signal.SIGKILL)
        return bool(found)

    def drain(self, name: str) -> None:
        """The polite stop of a deploy: what is on the wire ends, the rest is handed back."""
        process = self.named(name)
        process.terminate()
        process.wait(60)
        self.site.processes.remove((name, process))

    def accepted(self, mark: str = "") -> Counter[str]:
        """Address → copies on the receiving side's disk, of all mails or of those that hold `mark`."""
        return Counter(entry["to"] for entry in read(self.log) if mark in entry["mail"])

    def count(self) -> int:
        return self.log.read_bytes().count(b"\n")

    def heard(self, to: str, since: int) -> bool:
        """Whether a mail to this address is on the receiving side's disk beyond the octet `since`."""
        with self.log.open("rb") as log:
            log.seek(since)
            return f'"to": "{to}"'.encode() in log.read()

    def wait(self, ready: Callable[[], bool], what: str, patience_s: float = 60) -> None:
        wait_until(ready, lambda: True, what, patience_s)

    def restart_database(self, sig: signal.Signals) -> None:
        """SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, after which it recovers from its log."""
        process = self.postgres.process
        if process is not None:
            process.send_signal(sig)
            process.wait()
        connections.close_all()
        self.postgres.start()

    def kill_broker(self) -> None:
        process = self.valkey.process
        if process is not None:
            process.kill()
            process.wait()

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url())

    def words(self) -> str:
        """The last lines of every log, for a run that failed."""
        logs = sorted(self.site.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1_500:]}" for log in logs)

    def stop(self) -> None:
        self.site.stop()
        self.valkey.stop()
        self.postgres.stop()


P = TypeVar("P", bound=Plant)


@contextmanager
def working(made: P) -> Iterator[P]:
    """The started plant; this process reads its database and rings its bells until the block ends."""
    own, broker = dict(connection.settings_dict), app.conf.broker_url
    connections.close_all()
    try:
        made.start()
        theirs = {
            "NAME": DATABASE, "USER": USER, "PASSWORD": made.postgres.password,
            "HOST": "127.0.0.1", "PORT": made.postgres.port,
        }  # fmt: skip
        connection.settings_dict.update(theirs)
        point_at(made.valkey.url())
        call_command("migrate", verbosity=0)
        yield made
    finally:
        connections.close_all()
        connection.settings_dict.update(own)
        point_at(broker)
        made.stop()


def point_at(broker: str) -> None:
    """From now on this process rings the workers of that broker, and no others."""
    settings.CELERY_BROKER_URL = app.conf.broker_url = broker
    # Closing this one alone would leave it in kombu's hands, which gives it out again where its address comes back.
    pools.reset()  # type: ignore[no-untyped-call]
    app._pool = app.amqp._producer_pool = None  # the next ring makes them for the new address


