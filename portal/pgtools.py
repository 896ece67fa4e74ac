"""PostgreSQL's own pg_dump and pg_restore, at least as new as the server, told where to go by the environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from portal.embedded.postgres import binaries
from portal.embedded.processes import CannotStart

# What libpq reads from the environment, so that no password stands among a process's arguments.
_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip


class NoTool(Exception):
    """There is no such program, or none that is new enough."""


def run(program: str, *arguments: str) -> None:
    """Runs it against Django's database, for its owner's eyes alone. Raises `NoTool` or CalledProcessError."""
    facts = connection.get_connection_params()
    where = {name: str(facts[key]) for key, name in _VARIABLES.items() if facts.get(key)}
    subprocess.run(
        [_find(program), *arguments], env={**os.environ, **where}, stdin=subprocess.DEVNULL, check=True, umask=0o077
    )


def _find(program: str) -> Path:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        wanted = int(cursor.fetchone()[0]) // 10_000
    seen = []
    for path in _candidates(program):
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"(\d+)", said)
        if version and int(version[1]) >= wanted:
            return path
        seen.append(f"{path} ({said.strip() or 'does not run'})")
    known = f"; found only {', '.join(seen)}" if seen else ""
    raise NoTool(f"{program} of PostgreSQL {wanted} or newer is needed{known}.")


def _candidates(program: str) -> Iterator[Path]:
    """Those on PATH first, then the one beside the embedded server."""
    for folder in os.get_exec_path():
        found = shutil.which(program, path=folder)
        if found:
            yield Path(found)
    try:
        beside = binaries() / program
    except CannotStart:
        return
    if beside.exists():
        yield beside
