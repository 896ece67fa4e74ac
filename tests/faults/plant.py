"""A whole site whose parts a test may kill, from the database to the workers; the receiver’s log alone counts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from django.core.management import call_command
from django.db import connection, connections

from delivery import addresses, outbox, reports
from delivery.models import Batch, Publication
from delivery.sealed import GREETING, LEAVE_URL, Sealed
from portal.celery import app
from portal.embedded.launcher import Site
from portal.embedded.postgres import DATABASE, USER, Postgres
from portal.embedded.processes import free_port, wait_until
from portal.embedded.valkey import Valkey

TEXT = Sealed("en", "Dover closed", f"{GREETING}\nDover is closed.\n{LEAVE_URL}\n", "<p>Dover is closed.</p>")


class Plant:
    """The site, and what a test does to it."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "accepted.jsonl"
        self.log.touch()
        self.postgres = Postgres(folder)  # durable: what it has confirmed outlives a kill
        self.valkey = Valkey(folder, durable=False)
        self.site = Site({}, folder, free_port(), [])
        self.sink_port = free_port()
        self.people = 0

    def start(self) -> None:
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
        self.site.run("sink", "portal.drill.sink", "--port", str(self.sink_port), "--log", str(self.log))

    def named(self, name: str) -> subprocess.Popen[bytes]:
        return next(process for known, process in reversed(self.site.processes) if known == name)

    def kill(self, name: str) -> None:
        """kill -9 of the whole group, as the kernel does when memory runs out."""
        process = self.named(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.site.processes.remove((name, process))

    def accepted(self, mark: str = "") -> Counter[str]:
        """Address → copies on the receiving side's disk, of all mails or of those that hold `mark`."""
        lines = self.log.read_text().splitlines(keepends=True)
        whole = (json.loads(line) for line in lines if line.endswith("\n"))
        return Counter(entry["to"] for entry in whole if mark in entry["mail"])

    def count(self) -> int:
        return self.log.read_bytes().count(b"\n")

    def sessions(self) -> int:
        """How many connections the receiving side has now."""
        return sum(
            link.status == psutil.CONN_ESTABLISHED and link.laddr.port == self.sink_port
            for link in psutil.Process(self.named("sink").pid).net_connections("tcp")
        )

    def publish(self, people: int, *, lane: str, life: timedelta = timedelta(hours=1)) -> Publication:
        """A publication to so many new people, enlisted but not yet rung for."""
        first, self.people, now = self.people, self.people + people, datetime.now(UTC)
        made = addresses.get_or_create_many(f"p{first + number}@plant.invalid" for number in range(people))
        publication = outbox.open(
            key=f"plant:{first}", lane=lane, messages=[TEXT], audience={}, give_up_at=now + life, now=now
        )
        ids = sorted(made.values())
        while outbox.enlist(publication.pk, people=lambda *at: _some(ids, *at), official_language="en", now=now):
            pass
        return publication

    def wait(self, ready: Callable[[], bool], what: str, patience_s: float = 60) -> None:
        wait_until(ready, lambda: True, what, patience_s)

    def wait_for(self, publication: Publication, patience_s: float = 90) -> reports.Report:
        """Its report once it has nothing left to do."""
        end = time.monotonic() + patience_s
        publication.refresh_from_db()
        while not (found := reports.report(publication)).finished:
            assert time.monotonic() < end, f"{found}\n{self.words()}"
            time.sleep(0.1)
        return found

    def restart_database(self, sig: signal.Signals) -> None:
        """SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, after which it recovers from its log."""
        process = self.postgres.process
        assert process is not None
        process.send_signal(sig)
        process.wait()
        connections.close_all()
        self.postgres.start()

    def kill_broker(self) -> None:
        process = self.valkey.process
        assert process is not None
        process.kill()
        process.wait()

    def words(self) -> str:
        """The last lines of every log, for a test that failed."""
        logs = sorted(self.site.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1_500:]}" for log in logs)

    def let_leases_run_out(self) -> None:
        Batch.objects.filter(closed_at=None).update(lease_until=datetime.now(UTC) - timedelta(minutes=1))

    def stop(self) -> None:
        self.site.stop()
        self.valkey.stop()
        self.postgres.stop()


def _some(ids: list[int], after: int, limit: int) -> tuple[str, list[object]]:
    return (
        "SELECT id AS address_id, 'en' AS language, 'Hello,' AS greeting, '' AS variant FROM delivery_address "
        "WHERE id = ANY(%s) AND id > %s ORDER BY id LIMIT %s",
        [ids, after, limit],
    )


@contextmanager
def plant(folder: Path) -> Iterator[Plant]:
    """A started plant; this process reads its database and rings its bells until the block ends."""
    made, own = Plant(folder), dict(connection.settings_dict)
    broker = app.conf.broker_url
    connections.close_all()
    try:
        made.start()
        theirs = {
            "NAME": DATABASE, "USER": USER, "PASSWORD": made.postgres.password,
            "HOST": "127.0.0.1", "PORT": made.postgres.port,
        }  # fmt: skip
        connection.settings_dict.update(theirs)
        app.conf.broker_url = made.valkey.url()
        app.pool.force_close_all()
        call_command("migrate", verbosity=0)
        yield made
    finally:
        connections.close_all()
        connection.settings_dict.update(own)
        app.conf.broker_url = broker
        app.pool.force_close_all()
        made.stop()


