"""Takes mail that comes back: as an LMTP server, from a pipe, or out of a mailbox by IMAP."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from delivery.doors import imap, lmtp, pipe


class Command(BaseCommand):
    help = "Takes mail that comes back: bounces, complaints, automatic answers, people's answers."
    requires_system_checks: list[str] = []  # a pipe starts once for each mail

    def add_arguments(self, parser: CommandParser) -> None:
        door = parser.add_mutually_exclusive_group(required=True)
        door.add_argument("--lmtp", metavar="HOST:PORT|/SOCKET", help="serve LMTP there until stopped")
        door.add_argument("--pipe", action="store_true", help="one mail from standard input; exit codes of sysexits")
        door.add_argument("--imap", action="store_true", help="look into FAIRWAY_IMAP_URL each minute until stopped")
        parser.add_argument("--once", action="store_true", help="with --imap: look once and end")
        parser.add_argument("--to", default="", help="with --pipe: whom the mail is for, e.g. ${original_recipient}")
        parser.add_argument("--from", dest="sender", default="", help="with --pipe: its sender, e.g. ${sender}")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["lmtp"]:
            asyncio.run(lmtp.serve(options["lmtp"]))
        elif options["pipe"]:
            if not options["to"]:
                said = "--pipe needs --to: the envelope alone says whom a bounce answers"
                raise CommandError(said, returncode=os.EX_TEMPFAIL)
            sys.exit(pipe.receive(sys.stdin.buffer, to=options["to"], sender=options["sender"] or "<>"))
        elif options["once"]:
            imap.poll()
        else:
            ended = Event()
            for sig in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sig, lambda *_: ended.set())
            imap.watch(stopped=ended.wait)
