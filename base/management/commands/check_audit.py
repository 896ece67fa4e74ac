"""`manage.py check_audit`: one line for each broken link of the audit trail; exit 0 whole, 1 broken, 2 no anchor."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from base import audit


class Command(BaseCommand):
    help = "Reads the whole audit chain and says where it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", default="", help="COUNT:DIGEST as an earlier run printed it: finds a cut end")
        parser.add_argument("--json", action="store_true", help="one line, one object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = audit.check(anchor=options["anchor"])
        except ValueError:
            raise CommandError("An anchor is COUNT:DIGEST, as an earlier run printed it.", returncode=2) from None
        if options["json"]:
            answer = {
                "links": found.links,
                "unlinked": found.unlinked,
                "broken": [asdict(broken) for broken in found.broken],
                "anchor": found.anchor,
            }
            self.stdout.write(json.dumps(answer))
        else:
            for broken in found.broken:
                self.stdout.write(f"link {broken.number}: {broken.reason}")
            self.stderr.write(f"{found.links} links, {found.unlinked} entries not linked yet, anchor {found.anchor}")
        if found.broken:
            raise SystemExit(1)
