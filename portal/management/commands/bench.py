"""`./run bench fanout --recipients N --json`: how fast, beside the wire and beside what a user would pick instead.

`./run bench growth --sizes 1000,10000,100000`: how that grows, and its picture.

`./run bench crowd --json`: how fast many read it, beside a file, and how old what they see may be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.bench import crowd, fanout, growth

MOST = 1_000_000


def _sizes(text: str) -> list[int]:
    sizes = sorted({int(one) for one in text.split(",") if one.strip().isdigit()})
    if len(sizes) < 2 or not 1 <= sizes[0] < sizes[-1] <= MOST:
        raise CommandError(f"--sizes are two or more numbers from 1 to {MOST}, with commas between.")
    return sizes


class Command(BaseCommand):
    help = "Measures real processes on a durable database. Nothing of it reaches the site's own data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["fanout", "growth", "crowd"])
        parser.add_argument("--recipients", type=int, default=5_000)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--no-peers", action="store_true", help="ours and the wire alone")
        parser.add_argument("--sizes", default="1000,10000,100000", help="of growth")
        parser.add_argument("--svg", type=Path, help="where growth draws its picture")
        parser.add_argument("--json", action="store_true", help="one line, one object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        rounds = max(1, options["rounds"])
        figures: dict[str, Any]
        if options["what"] == "crowd":
            figures = crowd.bench(rounds, self.stderr.write)
        elif options["what"] == "growth":
            rows = growth.bench(_sizes(options["sizes"]), rounds, self.stderr.write)
            figures = {"sizes": rows} | growth.goals(rows)
            if options["svg"]:
                options["svg"].write_text(growth.picture(rows))
        else:
            recipients = options["recipients"]
            if not 1 <= recipients <= MOST:
                raise CommandError(f"--recipients is a number from 1 to {MOST}.")
            figures = fanout.bench(recipients, rounds, not options["no_peers"], self.stderr.write)
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            for name, value in figures.items():
                self.stdout.write(f"{name}: {value}")
