"""`manage.py restore PATH`: fills an empty database from a backup and holds what would go out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from contacts import refusals
from portal import backup


class Command(BaseCommand):
    help = "Restores what manage.py backup wrote, compares it with its manifest, and sends nothing until released."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--force", action="store_true", help="replace what database and MEDIA_ROOT hold")
        parser.add_argument("--left", type=Path, help="what manage.py export_left wrote last: who left stays out")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            marks = options["left"].read_text().split() if options["left"] else []
            made = backup.restore(options["path"].resolve(), force=options["force"], now=now)
        except (backup.Unfit, OSError) as unfit:
            raise CommandError(str(unfit)) from None
        again = refusals.replay(marks, now=now)
        self.stderr.write(
            f"{sum(made['counts'].values())} rows, {len(made['files'])} files as of {made['made_at']}; "
            f"{again} who left since are out again. Nothing goes out until somebody releases it."
        )
