"""`manage.py export_site --to DIR`: what everybody may read, as files; else exit 1, one line, and the last copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from portal import export


class Command(BaseCommand):
    help = "Writes a copy of the public pages and feeds for a second place; DIR/current leads to the newest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="a folder that holds copies and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = export.export(options["to"].resolve(), now=timezone.now())
        except (export.Unfit, DatabaseError, InterfaceError, OSError) as error:
            said = " ".join(str(error).split())
            raise CommandError(f"No new copy of the site, the last one stays: {said}") from None
        self.stderr.write(f"{made.folder}: {made.pages} pages and feeds, {made.files} files")
