"""Runs one variant of `portal.bench.peers` against a sink and a database of its own."""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg2
import redis
from celery import Celery
from django.db import connection
from psycopg2 import sql

from portal.drill.stage import Stage, administer
from portal.embedded.processes import CHECKOUT, start_module, stop, wait_until

from .relay import Sink

BROKER_DB = 8
PATIENCE_S = 600.0
VARIANTS = ("post_office", "post_office_tuned", "task_per_recipient", "task_per_recipient_reuse", "send_messages")


class Rival:
    """One variant with its own fresh database and broker."""

    def __init__(self, variant: str, on: Stage, sink: Sink) -> None:
        self.variant, self.on, self.sink = variant, on, sink
        self.name = f"{connection.settings_dict['NAME']}_peer"
        base = on.environment["REDIS_URL"].rsplit("/", 1)[0]
        self.broker = f"{base}/{BROKER_DB}"
        self.environment = {
            **on.environment,
            "DATABASE_URL": on.environment["DATABASE_URL"].rsplit("/", 1)[0] + f"/{self.name}",
            "REDIS_URL": self.broker,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "DJANGO_SETTINGS_MODULE": "portal.bench.peers.settings",
            "BENCH_VARIANT": variant,
        }

    def seconds(self, recipients: int) -> float:
        """From "publish" in a warm process to the last acceptance."""
        administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
        administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
        redis.Redis.from_url(self.broker).flushdb()
        publisher = self._publisher(recipients)
        worker = self._worker() if self.variant.startswith("task") else None
        try:
            seconds = self._timed(publisher, recipients)
            publisher.wait(PATIENCE_S)  # it may still write down what has left
            return seconds
        finally:
            publisher.kill()
            publisher.wait()
            if worker is not None:
                stop(worker)
            administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def _publisher(self, recipients: int) -> subprocess.Popen[str]:
        log = self.on.folder / f"{self.variant}-publisher.log"
        with log.open("wb") as words:
            publisher = subprocess.Popen(
                [sys.executable, "-m", "portal.bench.peers.publish", self.variant, str(recipients)],
                env=self.environment, cwd=CHECKOUT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=words,
            )  # fmt: skip
        if publisher.stdout is None or publisher.stdout.readline() != "ready\n":
            raise AssertionError(f"{self.variant} could not be started: {log.read_text()[-2_000:]}")
        return publisher

    def _worker(self) -> subprocess.Popen[bytes]:
        worker = start_module(
            "celery", "-A", "portal.bench.peers.celery", "worker", "-c", "2", "-l", "WARNING",
            environment=self.environment, log=self.on.folder / f"{self.variant}.log",
        )  # fmt: skip
        asked = Celery(broker=self.broker, set_as_current=False)  # or our own bells would hang there
        wait_until(lambda: bool(asked.control.ping(timeout=1)), lambda: worker.poll() is None, "The worker", 60)
        return worker

    def _timed(self, publisher: subprocess.Popen[str], recipients: int) -> float:
        before = self.sink.count()
        begun = time.monotonic()
        if publisher.stdin is not None:
            publisher.stdin.write("publish\n")
            publisher.stdin.flush()
        return self.sink.wait_for(before + recipients, PATIENCE_S, lambda: publisher.poll() in (None, 0)) - begun


def durable() -> bool:
    """Whether the database keeps what it has confirmed: figures without fsync would say nothing."""
    link = psycopg2.connect(**connection.get_connection_params())
    with link.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'")
        (kept,) = cursor.fetchone()
    link.close()
    return bool(kept)
