"""Row 18 of the failure modes: a migration that meets a lock gives up and comes again; nobody waits behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from notices.models import Notice
from portal.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(settings: Any) -> Iterator[Any]:
    """Somebody whose open transaction has read notices, while a migration wants to change their table."""
    settings.MIGRATION_MODULES = {"readiness": "tests.portal.locking"}
    link = psycopg2.connect(**connection.get_connection_params())
    link.cursor().execute("SELECT count(*) FROM notices_notice")
    yield link
    link.close()
    call_command("migrate", "readiness", "zero", verbosity=0)


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "notices_notice")}


@pytest.mark.usefixtures("reader")
def test_migration_behind_a_lock_gives_up_and_holds_up_nobody() -> None:
    waits: list[float] = []
    going = threading.Event()

    def read_all_the_time() -> None:
        try:
            while not going.is_set():
                begun = time.monotonic()
                Notice.objects.count()
                waits.append(time.monotonic() - begun)
                time.sleep(0.01)
        finally:
            connection.close()

    public = threading.Thread(target=read_all_the_time)
    public.start()
    with pytest.raises(migrate.StillLocked):
        call_command("migrate", verbosity=0, lock_timeout=0.5, tries=1)
    going.set()
    public.join()
    assert 0.3 < max(waits) < 2, "they wait behind it as long as it waits, and no longer"
    assert "probe" not in columns()


def test_it_comes_again_and_is_done_once_the_lock_is_gone(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "PAUSE_S", 0.2)
    threading.Timer(0.5, reader.rollback).start()
    call_command("migrate", verbosity=0, lock_timeout=0.2)
    assert "probe" in columns()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",), "whoever uses this connection next waits as before"


def test_two_seconds_are_what_a_migration_waits_unless_it_is_told_otherwise() -> None:
    told = migrate.Command().create_parser("manage.py", "migrate").parse_args([])
    assert (told.lock_timeout, told.tries) == (2.0, 10)
