"""`manage.py check_delivery --url …`: exit 0 all told, 1 a severe notice that nobody has, 2 cannot check."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from portal import checker, deadman


class Command(BaseCommand):
    help = "Demands of each severe notice that the public reads that somebody's mail server has accepted it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="the public feed.json, or the Atom feed")
        parser.add_argument("--grace", type=float, default=10, help="minutes that a notice may be on its way")

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        try:
            told = checker.read(options["url"], now=now)
            wrong = checker.missing(
                told, database=connection.get_connection_params(), grace=timedelta(minutes=options["grace"]), now=now
            )
        except checker.CannotCheck as error:
            self.stderr.write(f"Cannot check: {error}")
            sys.exit(2)
        for line in wrong:
            self.stdout.write(line)
        if wrong:
            sys.exit(1)
        self.stderr.write(f"{len(told)} notices looked at")
        if settings.FAIRWAY_CHECKER_URL and not deadman.ping(settings.FAIRWAY_CHECKER_URL):
            sys.exit(2)
