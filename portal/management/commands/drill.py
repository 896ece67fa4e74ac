"""`./run drill --recipients N --json`: does everybody get it, once, and nothing that is not theirs?"""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.drill import faults
from portal.drill.play import play

MOST = 1_000_000


class Command(BaseCommand):
    help = "Writes, approves, issues and sends a drill notice over SMTP to its own sink, and judges the sink's log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--recipients", type=int, default=1_000)
        parser.add_argument("--faults", action="store_true", help="break what can be broken meanwhile")
        parser.add_argument("--seed", type=int, help="of the faults: play these again")
        parser.add_argument("--json", action="store_true", help="one line, one object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        recipients = options["recipients"]
        if not 1 <= recipients <= MOST:
            raise CommandError(f"--recipients is a number from 1 to {MOST}.")
        if options["faults"]:
            seed = options["seed"] if options["seed"] is not None else secrets.randbelow(10**6)
            figures = faults.play(faults.Plan.of(recipients, seed), self._progress)
        else:
            figures = play(recipients, self._progress)
        self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            for name, value in figures.items():
                self.stdout.write(f"{name}: {value}")
        if figures["lost"] or figures["wrong"] or figures["duplicates"] > figures.get("duplicate_bound", 0):
            sys.exit(1)

    def _progress(self, text: str) -> None:
        self.stderr.write(f"\r{text}   ", ending="")
        self.stderr.flush()
