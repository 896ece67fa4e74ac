"""`manage.py load_unlocode PATH`: a release of UN/LOCODE, read and stored over what is there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from base.errors import Refused
from contacts import codelist, unlocode

READ, ERROR = 0, 1
TOLD = 20  # notes of one sort
WIDTH = 40


class Command(BaseCommand):
    help = "Loads a UN/LOCODE release as UNECE hands it out: the zip, its folder, or CSV parts. Exit code 0: stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--json", action="store_true", help="one line, one object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        answer: dict[str, Any] = {
            "rows": None, "places": None, "skipped": None, "bad_coordinates": None, "unreadable": None,
            "added": None, "changed": None, "gone": None, "zones": None, "seconds": None, "notes": [], "error": None,
        }  # fmt: skip
        started = time.monotonic()
        try:
            self._load(options["path"], answer)
        except Refused as refused:
            answer["error"] = str(refused)
        except OSError as error:
            answer["error"] = f"{options['path'].name}: {error.strerror or error}"
        answer["seconds"] = round(time.monotonic() - started, 1)
        self._tell(answer, as_json=options["json"])
        if answer["error"]:
            raise SystemExit(ERROR)

    def _load(self, path: Path, answer: dict[str, Any]) -> None:
        release = unlocode.read(path, tick=self._bar("Reading"))
        answer |= {
            "rows": release.rows,
            "places": len(release.places),
            "skipped": {"heading": release.headings, "reference": len(release.references)},
            "bad_coordinates": release.bad_coordinates,
            "unreadable": len(release.unreadable),
        }
        done = codelist.store(release, by="load_unlocode", now=timezone.now(), tick=self._bar("Storing"))
        answer |= {"added": done.added, "changed": done.changed, "gone": done.gone, "zones": dict(done.zones)}
        answer["notes"] = [f"Not a row of the list: {where}" for where in release.unreadable[:TOLD]]
        answer["notes"] += [f"No one place for the reference {text}" for text in done.lost[:TOLD]]

    def _bar(self, what: str) -> Any:
        """A bar that is drawn anew at each whole percent; on stderr, since stdout holds the answer."""
        drawn = -1

        def tick(done: int, of: int) -> None:
            nonlocal drawn
            share = 100 * done // max(of, 1)
            if share == drawn:
                return
            drawn = share
            filled = WIDTH * share // 100
            bar = "█" * filled + "░" * (WIDTH - filled)
            self.stderr.write(f"\r{what} {bar} {share:3} %", ending="\n" if share == 100 else "")
            self.stderr.flush()

        return tick

    def _tell(self, answer: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        elif answer["error"]:
            self.stderr.write(answer["error"])
        else:
            self.stdout.write(
                "{places} places from {rows} rows in {seconds} s: {added} added, {changed} changed, {gone} gone;"
                " {bad_coordinates} impossible coordinates ignored".format(**answer)
            )
            for note in answer["notes"]:
                self.stdout.write(note)
