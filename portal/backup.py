"""A backup is a folder: the database as of one moment, the uploaded files, and a manifest that tells what is in them.

What is restored is compared with the manifest row by row count and link by link, and sends nothing until released.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

from base import audit, heartbeat
from delivery import guard
from portal import pgtools

FORMAT = 1
DUMP, MEDIA, MANIFEST = "database.dump", "media", "manifest.json"
# What a site that was never used holds: its schema, and signs that it runs.
OF_ITSELF = {"django_migrations", "django_content_type", "auth_permission", "delivery_house", "base_heartbeat"}


class Unfit(Exception):
    """Why there is no backup, or no restore, in one line."""


# --- Backing up ---------------------------------------------------------------------------------------------------


def back_up(target: Path, *, now: datetime) -> dict[str, Any]:
    """Writes the folder `target`, which must not exist; returns its manifest. What was cut leaves no `target`."""
    if target.exists():
        raise Unfit(f"{target} exists: a backup overwrites nothing.")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    try:
        manifest = _write(part, now)
    except BaseException:  # what is half a backup of a full disk must not fill it further, day by day
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(target)
    heartbeat.beat("backup")
    return manifest


def _write(part: Path, now: datetime) -> dict[str, Any]:
    while audit.chain():
        pass
    with _one_moment() as (cursor, snapshot):
        facts = _facts(cursor)
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges",
             f"--file={part / DUMP}")  # fmt: skip
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now.isoformat(timespec="seconds"),
        **facts,
        "files": dict(_copy_files(Path(settings.MEDIA_ROOT), part / MEDIA)),
        "dump": _digest(part / DUMP),
    }
    with os.fdopen(os.open(part / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(manifest, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _run(program: str, *arguments: str) -> None:
    try:
        pgtools.run(program, *arguments)
    except pgtools.NoTool as error:
        raise Unfit(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise Unfit(f"{program} ended with {error.returncode}, see above.") from error


@contextmanager
def _one_moment() -> Iterator[tuple[Any, str]]:
    """A cursor and the name of the snapshot that it reads: counts and dump are of the same moment."""
    link = psycopg2.connect(**connection.get_connection_params())
    try:
        link.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with link.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor, cursor.fetchone()[0]
    finally:
        link.close()


def _facts(cursor: Any) -> dict[str, Any]:
    cursor.execute("SELECT number, digest FROM base_auditlink ORDER BY number DESC LIMIT 1")
    number, digest = cursor.fetchone() or (0, "")
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    return {"counts": _counts(cursor), "audit": f"{number}:{digest}", "migrations": migrations}


def _counts(cursor: Any) -> dict[str, int]:
    """Rows of every table in the schema."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name)))
        (found[name],) = cursor.fetchone()
    return found


def _copy_files(source: Path, target: Path) -> Iterator[tuple[str, str]]:
    """Copies what is there; yields (relative path, SHA-256). A file that is forgotten meanwhile is left out."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if not path.is_file():
            continue
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(path, target / name)
        except FileNotFoundError:
            continue
        yield str(name), _digest(target / name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- Restoring ----------------------------------------------------------------------------------------------------


def restore(source: Path, *, force: bool, now: datetime) -> dict[str, Any]:
    """Fills database and MEDIA_ROOT from `source`, compares them with its manifest, and holds what would go out."""
    manifest = _checked(source)
    _refuse_what_is_newer(manifest)
    media = Path(settings.MEDIA_ROOT)
    if not force:
        _refuse_what_is_used(media)
    _empty_database()
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         f"--dbname={connection.settings_dict['NAME']}", str(source / DUMP))  # fmt: skip
    for old in media.iterdir() if media.exists() else ():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    copied = dict(_copy_files(source / MEDIA, media))
    _compare(manifest, copied)
    call_command("migrate", verbosity=0)
    guard.hold(now=now)
    return manifest


def _checked(source: Path) -> dict[str, Any]:
    """The manifest, if what it tells of is whole."""
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise Unfit(f"{source} is no backup: its {MANIFEST} cannot be read.") from error
    if manifest.get("format") != FORMAT:
        raise Unfit(f"{source} has format {manifest.get('format')}, this release reads {FORMAT}.")
    told = {DUMP: manifest["dump"], **{f"{MEDIA}/{name}": digest for name, digest in manifest["files"].items()}}
    broken = [name for name, digest in told.items() if not _is_whole(source / name, digest)]
    if broken:
        raise Unfit(f"{source} is damaged: {', '.join(broken[:5])}.")
    return manifest


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _refuse_what_is_newer(manifest: dict[str, Any]) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    ours = {config.label for config in apps.get_app_configs()}
    unknown = [name for name in manifest["migrations"] if name.partition(".")[0] in ours and name not in known]
    if unknown:
        raise Unfit(f"The backup is of a newer release: {', '.join(unknown[:5])} is not known here.")


def _refuse_what_is_used(media: Path) -> None:
    with connection.cursor() as cursor:
        used = [name for name, count in _counts(cursor).items() if count and name not in OF_ITSELF]
    if used:
        raise Unfit(f"The database is not empty ({', '.join(used[:3])} …). --force replaces all that is in it.")
    if media.exists() and any(media.iterdir()):
        raise Unfit(f"{media} is not empty. --force replaces all that is in it.")


def _empty_database() -> None:
    """Waits for nobody: while a worker or a web server is at work, nothing is restored."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        try:
            cursor.execute("DROP SCHEMA public CASCADE")
        except Exception as error:
            raise Unfit("The database is in use: stop web server, workers and beat first.") from error
        cursor.execute("CREATE SCHEMA public")
    connections.close_all()


def _compare(manifest: dict[str, Any], copied: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        counts = _counts(cursor)
    differ = [name for name, count in manifest["counts"].items() if counts.get(name) != count]
    if differ or copied != manifest["files"]:
        raise Unfit(f"What was restored is not what was backed up: {', '.join(differ) or 'files'}.")
    found = audit.check(anchor=manifest["audit"])
    if found.broken or found.anchor != manifest["audit"]:
        raise Unfit("The audit trail that was restored is not whole: see manage.py check_audit.")
