"""`manage.py backup PATH`: database, uploaded files and a manifest in a new folder; exit 1 with one line if not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import backup


class Command(BaseCommand):
    help = "Writes a backup that manage.py restore reads: personal data, for its owner's eyes alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a folder that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup.back_up(options["path"].resolve(), now=timezone.now())
        except backup.Unfit as unfit:
            raise CommandError(str(unfit)) from None
        rows, files = sum(made["counts"].values()), len(made["files"])
        self.stderr.write(f"{rows} rows, {files} files, audit anchor {made['audit']}")
