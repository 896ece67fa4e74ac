"""`manage.py export_left PATH`: a mark for everybody who left, naming nobody, for `restore --left` after a loss."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contacts import refusals


class Command(BaseCommand):
    help = "Writes who left as keyed hashes, one a line; run it more often than backup, and keep it elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="replaced as a whole")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        new = path.with_name(f"{path.name}.new")
        count = 0
        with new.open("w") as file:
            for count, mark in enumerate(refusals.marks(), start=1):  # noqa: B007 - told below
                file.write(f"{mark}\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        self.stderr.write(f"{count} marks")
