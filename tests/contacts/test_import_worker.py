"""A large file is stored by a worker: once, whatever is killed, lost or clicked twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.models import AuditEntry
from base.words import Role
from contacts import imports
from contacts.models import ImportRun, MemberList

from .book import association, member_list, person

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = imports.AT_ONCE_ROWS + 100
FILE = "email,company\n" + "".join(f"m{n}@firm.example,Firm {n}\n" for n in range(ROWS))
GO = {"ground": "membership_terms", "agreed": "on"}
Worker = subprocess.Popen[bytes]


@pytest.fixture
def worker() -> Iterator[Callable[[], Worker]]:
    """Starts Celery workers of the lane that stores imports; they see the database of the test."""
    started: list[Worker] = []
    facts = connection.settings_dict
    where = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"

    def start() -> Worker:
        celery = [str(Path(sys.executable).parent / "celery"), "-A", "portal.celery", "worker", "-P", "solo"]
        started.append(
            subprocess.Popen(
                [*celery, "-Q", imports.LANE, "--without-gossip", "--without-mingle", "--without-heartbeat"],
                env={**os.environ, "DATABASE_URL": where},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def on() -> MemberList:
    return member_list(association("as-ffa"))


@pytest.fixture
def manager(on: MemberList) -> Client:
    client = Client()
    client.force_login(person(Role.ASSOCIATION_MANAGER, on.association))
    return client


def uploaded(manager: Client, on: MemberList) -> ImportRun:
    file = SimpleUploadedFile("members.csv", FILE.encode())
    manager.post(reverse("list_upload", args=[on.uid]), {"file": file})
    return ImportRun.objects.get()


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def state(run: ImportRun) -> str:
    run.refresh_from_db()
    return run.state


def test_large_file_is_stored_behind_a_page_that_waits_and_clicked_twice_it_is_one(
    worker: Callable[[], Worker], manager: Client, on: MemberList
) -> None:
    run = uploaded(manager, on)
    page = reverse("import", args=[run.uid])
    for _click in range(2):
        assert manager.post(reverse("import_apply", args=[run.uid]), GO).url == page
    waiting = manager.get(page).content.decode()
    assert "Being imported" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert b"<html" not in manager.get(page, headers={"HX-Request": "true"}).content
    assert not on.memberships.exists()
    worker()
    wait_for(lambda: state(run) == "applied")
    assert on.memberships.count() == ROWS
    assert AuditEntry.objects.filter(action="list.import").count() == 1
    assert manager.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert f"<dd>{ROWS:,}</dd>" in manager.get(page).content.decode()
    assert manager.post(reverse("import_apply", args=[run.uid]), GO).url == page
    assert on.memberships.count() == ROWS


def test_worker_killed_in_the_middle_stores_nothing_and_the_next_one_everything(
    worker: Callable[[], Worker], manager: Client, on: MemberList
) -> None:
    run = uploaded(manager, on)
    other = psycopg2.connect(_dsn())
    with other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM contacts_memberlist WHERE id = %s FOR UPDATE", [on.pk])
        manager.post(reverse("import_apply", args=[run.uid]), GO)
        first = worker()
        wait_for(_waits_for_a_lock)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    other.close()
    assert state(run) == "asked"
    assert imports.sweep(now=timezone.now()) == 0  # the lease of the dead one still runs
    later = timezone.now() + imports.HELD + timedelta(seconds=1)
    ImportRun.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert imports.sweep(now=later) == 1
    worker()
    wait_for(lambda: state(run) == "applied")
    assert (run.tries, on.memberships.count()) == (2, ROWS)
    assert AuditEntry.objects.filter(action="list.import").count() == 1


def _dsn() -> str:
    facts = connection.get_connection_params()
    return " ".join(
        f"{name}={facts[name]}" for name in ("dbname", "user", "password", "host", "port") if name in facts
    )


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
