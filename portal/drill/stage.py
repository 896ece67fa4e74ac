"""The drill's stage: a database of its own on the same server, real workers, people under .invalid."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg2 import sql

from portal.celery import app
from portal.embedded.launcher import LANES
from portal.embedded.processes import free_port, start_module, stop, wait_until

from .plant import point_at

BROKER_DB = 9
WORKERS = {lane: LANES[lane] for lane in ("critical", "routine")}


def administer(statement: sql.Composed) -> None:
    """Runs one CREATE or DROP DATABASE beside the site's own database."""
    link = psycopg2.connect(**connection.get_connection_params())
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(statement)
    link.close()


@contextmanager
def database(name: str) -> Iterator[None]:
    """Points Django at a fresh database `name` for the block; drops it afterwards, whatever happens."""
    site = connection.settings_dict["NAME"]
    administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = site
        administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _broker() -> str:
    base = settings.REDIS_URL.rsplit("/", 1)[0]
    return f"{base}/{BROKER_DB}"


class Stage:
    """The processes of one drill. `smtp_port`: of a mail server that runs already, else the drill has a sink."""

    def __init__(self, folder: Path, name: str, smtp_port: int = 0) -> None:
        self.log = folder / "accepted.jsonl"
        self.log.touch()
        self.folder = folder
        self.has_sink = not smtp_port
        self.port = smtp_port or free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        told = connection.settings_dict
        url = f"postgresql://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{name}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": _broker(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}",
        }
        point_at(_broker())

    def run(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        told = self.environment | environment
        process = start_module(*command, environment=told, log=self.folder / "drill.log")
        self.processes.append(process)
        return process

    def start(self) -> None:
        redis.Redis.from_url(_broker()).flushdb()
        if self.has_sink:
            sink = self.run("portal.drill.sink", "--port", str(self.port), "--log", str(self.log))
            wait_until(lambda: _answers(self.port), lambda: sink.poll() is None, "The drill's sink", 20)
        self.start_workers()
        self.run(
            "celery", "-A", "portal.celery", "beat", "-l", "WARNING", "-s", str(self.folder / "beat"), "--pidfile=",
        )  # fmt: skip

    def start_workers(self, **environment: str) -> None:
        """The workers of the lanes that notices take, as `./run` starts them; returns when each hears its queue."""
        self.workers = [
            self.run(
                "celery", "-A", "portal.celery", "worker", "-Q", lane, "-c", str(number), "-l", "WARNING",
                "-n", f"drill-{lane}@fairway", "--without-gossip", "--without-mingle", **environment,
            )
            for lane, number in WORKERS.items()
        ]  # fmt: skip
        wait_until(lambda: len(app.control.ping(timeout=1)) == len(WORKERS), self.alive, "The drill's workers", 120)

    def stop_workers(self) -> None:
        for process in self.workers:
            stop(process)
            self.processes.remove(process)
        self.workers = []

    def alive(self) -> bool:
        return all(process.poll() is None for process in self.processes)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            stop(process)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
