"""The rehearsal: back up, lose everything, restore elsewhere – all of it, whole, silent, and who left stays out."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from base import audit
from base.words import Lane
from contacts import subscribe
from delivery.models import Address
from portal.embedded.launcher import Site
from portal.embedded.processes import free_port
from tests.conftest import run_manage

from .plant import Plant

PEOPLE = 20
LEFT = ("p0@plant.invalid", "p1@plant.invalid")


@dataclass
class Elsewhere:
    """A database of its own on the plant's server, with files of its own."""

    plant: Plant
    name: str
    media: Path

    @property
    def url(self) -> str:
        return self.plant.postgres.url(self.name)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.plant.site.environment, "DATABASE_URL": self.url, "MEDIA_ROOT": str(self.media)}

    def ask(self, query: str) -> Any:
        link = psycopg2.connect(self.url)
        try:
            with link.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone()[0]
        finally:
            link.close()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_manage(*arguments, env=self.environment)


@contextmanager
def fresh_database(plant: Plant, folder: Path) -> Iterator[Elsewhere]:
    name = f"elsewhere_{os.urandom(3).hex()}"
    link = psycopg2.connect(plant.postgres.url("postgres"))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield Elsewhere(plant, name, folder / name)
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    link.close()


@pytest.fixture(scope="module")
def kept(working: Plant, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plant, Path, Path]:
    """A site with mails that wait and a file, its backup, and the marks of who left, one of them after it."""
    folder = tmp_path_factory.mktemp("kept")
    plant, now = working, datetime.now(UTC)
    plant.publish(PEOPLE, lane=Lane.ROUTINE)
    first, second = (Address.objects.get(key=key).pk for key in LEFT)
    subscribe.leave_everything(first, way="page", now=now)
    for number in range(3):
        audit.record(actor="test", action="test", target=f"t:{number}", now=now)
    media = folder / "media"
    (media / "cases").mkdir(parents=True)
    (media / "cases" / "scan.pdf").write_bytes(b"%PDF of a stranger")
    home = {**plant.site.environment, "MEDIA_ROOT": str(media)}
    made = run_manage("backup", str(folder / "backup"), env=home)
    assert made.returncode == 0, made.stderr
    subscribe.leave_everything(second, way="page", now=now)
    assert run_manage("export_left", str(folder / "left"), env=home).returncode == 0
    return plant, folder / "backup", folder / "left"


def test_backup_is_for_its_owner_alone_and_tells_what_is_in_it(kept: tuple[Plant, Path, Path]) -> None:
    _plant, backup, left = kept
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["counts"]["delivery_delivery"] == PEOPLE
    assert list(manifest["files"]) == ["cases/scan.pdf"]
    assert manifest["audit"].startswith("4:")
    assert backup.stat().st_mode & 0o077 == 0
    assert all((backup / name).stat().st_mode & 0o077 == 0 for name in ("database.dump", "manifest.json"))
    assert len(left.read_text().split()) == 2 and "@" not in left.read_text()


def test_backup_overwrites_nothing(kept: tuple[Plant, Path, Path]) -> None:
    plant, backup, _left = kept
    done = run_manage("backup", str(backup), env=plant.site.environment)
    assert done.returncode == 1 and "overwrites nothing" in done.stderr


def test_backup_that_failed_leaves_nothing_behind_that_fills_the_disk(
    kept: tuple[Plant, Path, Path], tmp_path: Path
) -> None:
    plant, _backup, _left = kept
    (tmp_path / "tools").mkdir()
    broken = tmp_path / "tools" / "pg_dump"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump 99" && exit\nexit 1\n')
    broken.chmod(0o755)
    home = {**plant.site.environment, "PATH": f"{broken.parent}:{os.environ['PATH']}"}
    done = run_manage("backup", str(tmp_path / "backups" / "today"), env=home)
    assert done.returncode == 1 and "pg_dump ended with 1" in done.stderr
    assert list((tmp_path / "backups").iterdir()) == []


def test_everything_comes_back_and_nothing_goes_out_until_it_is_released(
    kept: tuple[Plant, Path, Path], tmp_path: Path
) -> None:
    plant, backup, left = kept
    manifest = json.loads((backup / "manifest.json").read_text())
    with fresh_database(plant, tmp_path) as elsewhere:
        done = elsewhere.manage("restore", str(backup), "--left", str(left))
        assert done.returncode == 0, done.stderr
        assert "1 who left since are out again" in done.stderr
        assert (elsewhere.media / "cases" / "scan.pdf").read_bytes() == b"%PDF of a stranger"
        assert elsewhere.manage("check_audit", "--anchor", manifest["audit"]).returncode == 0
        for table in ("delivery_address", "delivery_delivery", "delivery_batch", "contacts_user"):
            assert elsewhere.ask(f"SELECT count(*) FROM {table}") == manifest["counts"][table]
        assert elsewhere.ask("SELECT count(*) FROM contacts_refusal") == 2
        site = Site(elsewhere.environment, tmp_path, free_port(), [])
        try:
            for lane in (Lane.CRITICAL, Lane.ROUTINE):
                site.start_worker(lane)
            site.start_beat()
            looks = "SELECT coalesce(max(looks), 0) FROM delivery_house"
            plant.wait(lambda: elsewhere.ask(looks) >= 3, "The third look of the pump")
            assert plant.count() == 0, "not one mail from a house that was restored"
            assert elsewhere.ask("SELECT held_why FROM delivery_house") == "restored"
            assert elsewhere.manage("release_outbound", "--reason", "Rehearsal.").returncode == 0
            plant.wait(lambda: plant.count() >= PEOPLE - 2, "Everybody who did not leave")
            time.sleep(1)
        finally:
            site.stop()
        assert set(plant.accepted()) == {f"p{number}@plant.invalid" for number in range(PEOPLE)} - set(LEFT)


def test_database_that_was_copied_without_our_command_is_held_too(
    kept: tuple[Plant, Path, Path], tmp_path: Path
) -> None:
    plant, backup, _left = kept
    before = plant.count()
    with fresh_database(plant, tmp_path) as elsewhere:
        tool = plant.postgres.bin / "pg_restore"
        subprocess.run([tool, "--no-owner", "--dbname", elsewhere.url, backup / "database.dump"], check=True)
        # The backup was made before any worker had looked: a house that was lived in is written by hand.
        elsewhere.manage("shell", "-c", "from delivery.guard import watch; watch.look()")
        link = psycopg2.connect(elsewhere.url)
        with link, link.cursor() as cursor:
            cursor.execute("UPDATE delivery_house SET identity = '1:2:3'")
        link.close()
        site = Site(elsewhere.environment, tmp_path, free_port(), [])
        try:
            site.start_worker(Lane.ROUTINE)
            ring = "from delivery.tasks import ring; ring('delivery.tasks.send_batch', 'routine', lane='routine')"
            elsewhere.manage("shell", "-c", ring)
            plant.wait(lambda: elsewhere.ask("SELECT held_why FROM delivery_house") == "restored", "The hold")
            time.sleep(2)
        finally:
            site.stop()
    assert plant.count() == before


@pytest.mark.long
def test_database_in_use_is_restored_into_by_force_alone(kept: tuple[Plant, Path, Path], tmp_path: Path) -> None:
    plant, backup, _left = kept
    with fresh_database(plant, tmp_path) as elsewhere:
        assert elsewhere.manage("restore", str(backup)).returncode == 0
        again = elsewhere.manage("restore", str(backup))
        assert again.returncode == 1 and "not empty" in again.stderr
        assert elsewhere.manage("restore", str(backup), "--force").returncode == 0
        reader = psycopg2.connect(elsewhere.url)
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM contacts_user")  # and its transaction stays open
            busy = elsewhere.manage("restore", str(backup), "--force")
        reader.close()
        assert busy.returncode == 1 and "in use" in busy.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "is no backup"),
        (lambda folder: (folder / "database.dump").write_bytes(b"cut"), "is damaged: database.dump"),
        (lambda folder: (folder / "media" / "cases" / "scan.pdf").unlink(), "is damaged: media/cases/scan.pdf"),
        (lambda folder: edit(folder, format=2), "has format 2"),
        (lambda folder: edit(folder, migrations=["base.9999_of_tomorrow"]), "of a newer release"),
        (lambda folder: edit(folder, counts={"contacts_user": 7}), "not what was backed up: contacts_user"),
        (lambda folder: edit(folder, audit="4:" + "0" * 64), "audit trail"),
    ],
)
def test_backup_that_is_not_whole_is_not_taken_for_one(
    kept: tuple[Plant, Path, Path], tmp_path: Path, spoil: Any, words: str
) -> None:
    plant, backup, _left = kept
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(backup), str(copy)], check=True)
    spoil(copy)
    with fresh_database(plant, tmp_path) as elsewhere:
        done = elsewhere.manage("restore", str(copy))
        assert done.returncode == 1 and words in done.stderr
        assert "Traceback" not in done.stderr


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
