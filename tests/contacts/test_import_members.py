"""`manage.py import_members`: one line of JSON, exit code 0 read, 1 error, 2 question."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from contacts.models import Membership

from .book import CASES, association, member_list

pytestmark = pytest.mark.django_db


def run(path, *options):
    out, code = io.StringIO(), 0
    try:
        call_command("import_members", str(path), "--json", *options, stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        code = stop.code
    (line,) = out.getvalue().splitlines()
    return code, json.loads(line)


def test_plain_list_is_read_and_nothing_stored():
    code, answer = run(CASES / "ma-01-plain.csv", "--dry-run")
    assert code == 0
    assert (answer["add"], answer["change"], answer["unchanged"], answer["refused"]) == (8, 0, 0, [])
    assert answer["question"] is answer["error"] is None
    assert not Membership.objects.exists()


def test_refused_rows_carry_their_number_and_reason():
    code, answer = run(CASES / "ma-05-invisible-characters.csv", "--dry-run")
    assert code == 0
    assert [row["row"] for row in answer["refused"]] == [7]


def test_list_without_addresses_is_an_error():
    code, answer = run(CASES / "ma-12-no-email-column.csv", "--dry-run")
    assert code == 1
    assert "Contact person" in answer["error"]
    assert answer["add"] == 0


def test_missing_file_is_an_error(tmp_path):
    code, answer = run(tmp_path / "none.csv", "--dry-run")
    assert code == 1
    assert answer["error"]


def test_doubtful_encoding_is_a_question_and_its_answer_is_taken(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes("email,company\na@b.example,Łódź\n".encode("cp1250"))
    code, answer = run(path, "--dry-run")
    assert code == 2
    assert answer["question"]["about"] == "encoding"
    assert "windows-1250" in answer["question"]["choices"]
    code, answer = run(path, "--dry-run", "--encoding", "windows-1250")
    assert (code, answer["add"]) == (0, 1)


def test_list_stores_and_compares():
    on = member_list(association("as-ffa"))
    assert run(CASES / "ma-07a-first-import.csv", "--list", "as-ffa")[1]["add"] == 4
    assert on.memberships.count() == 4
    code, answer = run(CASES / "ma-07b-second-import.csv", "--list", "as-ffa/Members", "--dry-run")
    assert (code, answer["add"], answer["change"], answer["unchanged"]) == (0, 1, 1, 2)
    assert any("gone@umber.example" in note["text"] for note in answer["notes"])
    assert on.memberships.count() == 4


def test_unknown_list_is_an_error_that_names_the_lists():
    member_list(association("as-ffa"))
    code, answer = run(CASES / "ma-01-plain.csv", "--list", "as-none")
    assert code == 1
    assert "as-ffa/Members" in answer["error"]
