"""`manage.py import_members PATH`: a member file read, compared with a list, and stored if `--list` is given."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q
from django.utils import timezone

from base.errors import Refused
from base.sheets import Question
from contacts import imports, plans, roster
from contacts.models import ImportRun, MemberList, User
from contacts.plans import Plan
from contacts.roster import Roster

READ, ERROR, QUESTION = 0, 1, 2


class Command(BaseCommand):
    help = "Reads a member file (CSV or XLSX). Exit code 0: read, 1: error, 2: a question must be answered first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--list", default="", help="uid of a list, CODE of an association with one, or CODE/NAME")
        parser.add_argument("--dry-run", action="store_true", help="store nothing, also with --list")
        parser.add_argument("--json", action="store_true", help="one line, one object on stdout")
        parser.add_argument("--encoding", default="", help="answer to a question, such as windows-1250")
        parser.add_argument("--delimiter", default="", help="answer to a question: , or ; or tab")
        parser.add_argument("--sheet", default="", help="answer to a question: the sheet of a workbook")
        parser.add_argument("--column", action="append", default=[], metavar="HEADING=FIELD")
        parser.add_argument("--ground", default=ImportRun.Ground.MEMBERSHIP_TERMS, choices=ImportRun.Ground.values)
        parser.add_argument("--by", default="", help="e-mail address of the person who imports")
        parser.add_argument("--remove-gone", action="store_true", help="also remove who is no longer in the file")

    def handle(self, *args: Any, **options: Any) -> None:
        answer: dict[str, Any] = {
            "add": 0, "change": 0, "unchanged": 0, "refused": [], "question": None, "error": None, "notes": [],
        }  # fmt: skip
        try:
            code = self._import(answer, options)
        except Refused as refused:
            answer["error"], code = str(refused), ERROR
        except OSError as error:
            answer["error"], code = f"{options['path'].name}: {error.strerror}", ERROR
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._tell(answer)
        if code != READ:
            raise SystemExit(code)

    def _import(self, answer: dict[str, Any], options: dict[str, Any]) -> int:
        data = options["path"].read_bytes()
        member_list = _list(options["list"]) if options["list"] else None
        told = imports.as_last_time(member_list) if member_list else {}
        told |= {name: options[name] for name in ("encoding", "sheet") if options[name]}
        if options["delimiter"]:
            told["delimiter"] = {"tab": "\t", "\\t": "\t"}.get(options["delimiter"], options["delimiter"])
        if options["column"]:
            told["columns"] = dict(pair.rsplit("=", 1) for pair in options["column"] if "=" in pair)
        read = roster.read(data, **told)
        if isinstance(read, Question):
            answer["question"] = {"about": read.about, "text": str(read.text), "choices": read.choices}
            return QUESTION
        plan = plans.compare(member_list, read)
        _report(answer, plan)
        if member_list is not None and not options["dry_run"]:
            self._store(member_list, data, told, read, options)
        else:
            self.stderr.write("Dry run: nothing was stored.")
        return READ

    def _store(
        self, member_list: MemberList, data: bytes, told: dict[str, Any], read: Roster, options: dict[str, Any]
    ) -> None:
        by = User.objects.filter(email__iexact=options["by"]).first() if options["by"] else None
        if options["by"] and by is None:
            raise Refused(f"Nobody signs in as {options['by']}.")
        now = timezone.now()
        name = options["path"].name
        run = imports.prepare(member_list, data=data, file_name=name, by=by, now=now, options=told)
        imports.apply(run, by=by, now=now, ground=options["ground"], remove_gone=options["remove_gone"])
        self.stderr.write(f"Stored {read.mailboxes} mailboxes in {member_list} ({member_list.association}).")

    def _tell(self, answer: dict[str, Any]) -> None:
        if answer["error"]:
            self.stderr.write(answer["error"])
        elif question := answer["question"]:
            self.stderr.write(f"{question['text']} (--{question['about'].removesuffix('s')})")
            for value, label in question["choices"].items():
                self.stderr.write(f"  {value!r}: {label}")
        else:
            self.stdout.write("add {add}, change {change}, unchanged {unchanged}".format(**answer))
            for refused in answer["refused"]:
                self.stdout.write(f"refused row {refused['row']}: {refused['reason']}")
            for note in answer["notes"]:
                self.stdout.write(f"row {note['row']}: {note['text']}" if note["row"] else note["text"])


def _report(answer: dict[str, Any], plan: Plan) -> None:
    counts = plan.counts()
    answer |= {name: counts[name] for name in ("add", "change", "unchanged")}
    refused = [(refused.row, refused.reason) for refused in plan.refused]
    refused += [(row, "Left this list: an import never brings anybody back") for row in roster.rows_of(plan.left)]
    refused += [(row, "Suspended: stays suspended") for row in roster.rows_of(plan.suspended)]
    answer["refused"] = [{"row": row, "reason": reason} for row, reason in sorted(refused)]
    answer["notes"] = [{"row": hint.row, "text": hint.text} for hint in plan.hints]
    answer["notes"] += [{"row": None, "text": f"No longer in the file: {known.email}"} for known in plan.gone]


def _list(wanted: str) -> MemberList:
    """The list that `wanted` names; raises `Refused` if none or several do."""
    lists = MemberList.objects.select_related("association")
    try:
        found = list(lists.filter(uid=uuid.UUID(wanted)))
    except ValueError:
        code, _slash, name = wanted.partition("/")
        by_code = Q(association__code=code) & (Q(name=name) if name else Q())
        found = list(lists.filter(by_code | Q(name=wanted)))
    if len(found) != 1:
        known = ", ".join(f"{one.association.code}/{one.name}" for one in lists.order_by("association__code", "name"))
        raise Refused(
            f"{'No list' if not found else 'More than one list'} is called {wanted}. There are: {known or 'none'}."
        )
    return found[0]
