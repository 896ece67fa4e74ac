"""The drill: everybody once, nothing that is not theirs, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from delivery import seals
from portal.drill.verdict import Expected, judge, read
from portal.embedded.processes import CHECKOUT


def drill(recipients: int) -> tuple[int, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "drill", "--recipients", str(recipients), "--json"],
        env=dict(os.environ),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert len(done.stdout.splitlines()) == 1, done.stderr[-2_000:]
    return done.returncode, json.loads(done.stdout)


def told(recipients: int) -> tuple[float, ...]:
    code, figures = drill(recipients)
    return code, *(figures[name] for name in ("delivered", "lost", "duplicates", "wrong"))


def databases() -> set[str]:
    link = psycopg2.connect(os.environ["DATABASE_URL"])
    with link, link.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        names = {name for (name,) in cursor.fetchall()}
    link.close()
    return names


def test_drill_reaches_everybody_once_and_leaves_nothing_behind() -> None:
    before = databases()
    assert told(300) == (0, 300, 0, 0, 0)
    assert databases() == before


@pytest.mark.long
def test_drill_of_ten_thousand() -> None:
    assert told(10_000) == (0, 10_000, 0, 0, 0)


MAIL = """From: notices@fairway.example\r
To: {to}\r
Subject: {subject}\r
Message-ID: <{message}@fairway.example>\r
List-Unsubscribe: <http://x/leave/{leave}>\r
Content-Type: multipart/alternative; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
{text} http://x/leave/{leave}\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
{text} http://x/leave/{leave}\r
--b--\r
"""


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, (0, 0, 0)),
        ({"times": 2}, (0, 1, 0)),
        ({"times": 0}, (1, 0, 0)),
        ({"to": "stranger@live.example"}, (1, 0, 1)),
        ({"leave": 8}, (0, 0, 1)),
        ({"message": 8}, (0, 0, 1)),
        ({"sender": 8}, (0, 0, 1)),
        ({"text": "EX-2026-0001, version 2 EXERCISE"}, (0, 0, 1)),
        ({"subject": "Port closed"}, (0, 0, 1)),
    ],
)
def test_verdict_finds_each_kind_of_harm(tmp_path: Path, change: dict[str, object], outcome: tuple[int, ...]) -> None:
    facts = {
        "to": "member0@drill.invalid", "subject": "EXERCISE closed", "leave": 1, "message": 2, "sender": 2,
        "text": "EX-2026-0001, version 1 EXERCISE", "times": 1, **change,
    }  # fmt: skip
    mail = MAIL.format(
        to=facts["to"],
        subject=facts["subject"],
        text=facts["text"],
        leave=seals.seal("leave", int(str(facts["leave"]))),
        message=seals.seal("message", int(str(facts["message"]))),
    )
    sender = f"bounce+{seals.seal('bounce', int(str(facts['sender'])))}@fairway.example"
    log = tmp_path / "log"
    line = json.dumps({"sender": sender, "to": facts["to"], "mail": mail}) + "\n"
    log.write_text(line * int(str(facts["times"])))
    found = judge(read(log), {"member0@drill.invalid": Expected(1, 2)}, ("EX-2026-0001, version 1", "EXERCISE"))
    assert (found.lost, found.duplicates, found.wrong) == outcome
