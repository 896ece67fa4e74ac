"""The audit trail shows whoever changes, takes out, adds or cuts off something, and lets nobody empty it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from base import audit
from base.models import AuditEntry, AuditLink
from notices.models import ImpactRow, Text, Version
from tests import make

pytestmark = pytest.mark.django_db


def check(*options: str) -> tuple[int, dict[str, Any]]:
    out, code = io.StringIO(), 0
    try:
        call_command("check_audit", "--json", *options, stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        code = int(stop.code or 0)
    [line] = out.getvalue().splitlines()
    return code, json.loads(line)


def record(count: int) -> None:
    for number in range(count):
        audit.record(actor="clock", action=f"deed.{number}", target="thing:1", now=make.now(), facts={"n": number})
    audit.chain()


@contextmanager
def behind_the_triggers() -> Iterator[Any]:
    """As somebody could who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE base_auditentry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE base_auditlink DISABLE TRIGGER USER")
        yield cursor


def test_whole_chain_is_whole() -> None:
    record(5)
    audit.record(actor="clock", action="deed", target="thing:1", now=make.now())
    code, answer = check()
    assert (code, answer["links"], answer["unlinked"], answer["broken"]) == (0, 5, 1, [])
    assert answer["anchor"] == f"5:{AuditLink.objects.get(number=5).digest}"
    record(2)
    assert check("--anchor", answer["anchor"])[0] == 0


def test_changed_entry_is_found_once_and_named() -> None:
    record(5)
    with behind_the_triggers():
        AuditEntry.objects.filter(action="deed.2").update(facts={"n": 9})
    code, answer = check()
    assert (code, [broken["number"] for broken in answer["broken"]]) == (1, [3])
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("check_audit", stdout=out, stderr=io.StringIO())
    assert out.getvalue() == "link 3: does not fit its entry and the link before\n"


def test_link_taken_out_leaves_a_gap() -> None:
    record(5)
    with behind_the_triggers():
        AuditLink.objects.filter(number__in=(2, 3)).delete()
    assert check()[1]["broken"] == [{"number": 2, "reason": "missing up to 3"}]


def test_end_that_was_cut_off_shows_against_the_anchor_also_when_made_anew() -> None:
    record(5)
    anchor = check()[1]["anchor"]
    with behind_the_triggers():
        AuditLink.objects.filter(number__gt=3).delete()
        AuditEntry.objects.filter(action__in=("deed.3", "deed.4")).delete()
    assert check() == (0, check()[1])  # by itself a shorter chain is whole
    assert check("--anchor", anchor)[1]["broken"][0]["number"] == 4
    record(2)
    code, answer = check("--anchor", anchor)
    assert (code, answer["broken"]) == (1, [{"number": 5, "reason": "is not the link of the anchor"}])


def test_anchor_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError):
        call_command("check_audit", "--anchor", "yesterday")


TABLES = [model._meta.db_table for model in (AuditEntry, AuditLink, Version, Text, ImpactRow)]


@pytest.mark.parametrize("table", TABLES)
def test_what_was_written_down_or_issued_is_never_emptied(table: str) -> None:
    make.issued()
    audit.chain()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL fairway.may_truncate = 'off'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="never emptied"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("model", [Text, ImpactRow])
def test_part_of_a_draft_cannot_be_moved_into_an_issued_version(model: Any) -> None:
    issued, draft = make.issued(), make.written()
    part = model.objects.filter(version=draft)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        extra = {"position": 99} if model is ImpactRow else {"language": "fr"}
        part.update(version=issued, **extra)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        model.objects.filter(version=issued).update(version=draft, **extra)
    part.delete()
