"""Django's `migrate`, which never stands before a lock while the whole site queues up behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import DatabaseError, OperationalError, connections

LOCK_NOT_AVAILABLE = "55P03"
PAUSE_S = 3.0


class StillLocked(CommandError):
    def __init__(self) -> None:
        super().__init__(
            "Another transaction holds a lock that a migration needs. The step that waited was taken back; end that"
            " transaction (pg_stat_activity shows it) and run this again."
        )


class Command(Migrate):
    """A step that does not get its locks in time is taken back, and tried again a few times."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--lock-timeout", type=float, default=2.0, help="seconds to wait for a lock")
        parser.add_argument("--tries", type=int, default=10, help="how often to try")

    def handle(self, *args: Any, lock_timeout: float = 2.0, tries: int = 10, **options: Any) -> None:
        with _waiting_at_most(connections[options["database"]], lock_timeout):
            for left in reversed(range(tries)):
                try:
                    super().handle(*args, **options)
                    return
                except OperationalError as error:
                    if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                        raise
                    if not left:
                        raise StillLocked from error
                    time.sleep(PAUSE_S)


@contextmanager
def _waiting_at_most(connection: Any, seconds: float) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{round(seconds * 1000)}ms"])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
