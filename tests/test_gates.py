"""The house rules as checks: arrows, sizes, types, migrations, and nothing of one machine in the repository."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("base", "delivery", "contacts", "notices", "dialogue", "readiness", "portal")
LONGEST_FUNCTION, LONGEST_MODULE = 60, 400
BIN = Path(sys.executable).parent


def sources() -> Iterator[Path]:
    for room in (*ROOMS, "tests"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:  # an exported tree has no history
        return list(sources())
    return [ROOT / name for name in listed.stdout.splitlines()]


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, env={**os.environ, **(env or {})}
    )


def test_arrows_point_downward_only() -> None:
    done = run(str(BIN / "lint-imports"))
    assert done.returncode == 0, done.stdout


def test_ruff_has_nothing_to_say() -> None:
    done = run(str(BIN / "ruff"), "check", ".")
    assert done.returncode == 0, done.stdout


def test_every_room_is_strictly_typed() -> None:
    done = run(str(BIN / "mypy"), "--follow-imports=silent", *ROOMS)
    assert done.returncode == 0, done.stdout


def test_functions_and_modules_stay_small() -> None:
    long = []
    for path in sources():
        text = path.read_text()
        if (lines := text.count("\n")) > LONGEST_MODULE:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {size} lines")
    assert not long


def test_no_room_is_imported_inside_a_function() -> None:
    found = []
    for path in sources():
        if path.parts[len(ROOT.parts)] == "tests":
            continue
        room = path.parts[len(ROOT.parts)]
        for outer in ast.walk(ast.parse(path.read_text())):
            if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(outer):
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    other = node.module.split(".")[0]
                    if other in ROOMS and other != room:
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.module}")
    assert not found


def test_no_migration_is_missing() -> None:
    done = run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_production_settings_pass_the_deployment_check() -> None:
    done = run(
        sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        env={
            "SECRET_KEY": "k7" * 40 + "!Aq9", "FAIRWAY_SITE_URL": "https://notices.customs.example",
            "ALLOWED_HOSTS": "notices.customs.example", "FAIRWAY_DEMO": "", "FAIRWAY_EMBEDDED": "",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_hosts_must_be_named_outside_embedded_servers() -> None:
    names = {"ALLOWED_HOSTS": "", "FAIRWAY_DEMO": "", "FAIRWAY_EMBEDDED": ""}
    done = run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", env=names)
    assert done.returncode == 1
    assert "security.W020" in done.stderr


def test_demo_secrets_are_refused_outside_embedded_servers() -> None:
    done = run(sys.executable, "manage.py", "check", env={"FAIRWAY_DEMO": "1", "FAIRWAY_EMBEDDED": ""})
    assert done.returncode == 1
    assert "portal.E001" in done.stderr


GROUPS_OF_LOCKS = {"production": (), "run": ("embedded",), "bench": ("bench",), "test": ("test",)}


def asked_for(project: dict[str, Any], group: str) -> Iterator[str]:
    for entry in project["dependency-groups"][group]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from asked_for(project, entry["include-group"])


@pytest.mark.parametrize("lock", GROUPS_OF_LOCKS)
def test_lock_holds_what_its_groups_ask_for(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"])
    for group in GROUPS_OF_LOCKS[lock]:
        wanted += asked_for(project, group)
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements" / f"{lock}.txt").read_text(), re.M)
    missing = {re.split(r"[\[<>=~! ]", one)[0].lower() for one in wanted} - {name.lower() for name in pinned}
    assert not missing


@pytest.mark.parametrize(
    "pattern",
    [
        r"/(work|root|home)/[a-z]",
        r"https?://[^ ]*(pypi|pythonhosted|npmjs|debian)[^ ]*\.(org|com)",
    ],
)
def test_repository_names_no_machine_and_no_registry(pattern: str) -> None:
    this = Path(__file__).resolve()
    hits = []
    for path in tracked():
        if path == this or not path.is_file() or path.suffix in (".png", ".xlsx", ".pdf", ".svg"):
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        hits += [f"{path.relative_to(ROOT)}: {match[0]}" for match in re.finditer(pattern, text)]
    assert not hits


def test_templates_and_styles_know_no_left_or_right_and_no_inline_style() -> None:
    wrong = []
    # Mails are exempt: no style sheet reaches them.
    mails = (ROOT / "templates" / "messages", ROOT / "templates" / "account" / "email")
    for path in (ROOT / "templates").rglob("*.html"):
        if any(path.is_relative_to(folder) for folder in mails):
            continue
        if re.search(r"\sstyle=|<script(?![^>]*src)", path.read_text()):
            wrong.append(str(path.relative_to(ROOT)))
    for path in (ROOT / "static" / "css").glob("*.css"):
        if re.search(r"(?<![a-z-])(margin|padding|border)-(left|right)\b", path.read_text()):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong
