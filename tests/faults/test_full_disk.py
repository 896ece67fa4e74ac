"""The database's disk is full: nothing is half done, what was typed is given back, reading goes on."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from base.models import AuditEntry
from base.words import Lane
from delivery.models import Publication
from notices import lifecycle
from notices.models import Version
from portal.embedded.launcher import begin, finish
from portal.embedded.postgres import DATABASE
from tests import make

from .plant import Plant
from .test_outages import Answer
from .test_two_clicks import signed_in

SAYS = ("Nothing was saved or sent.", "Rien n’a été enregistré ni envoyé.", "No se ha guardado ni enviado nada.")
FILLED = {
    "edit_number": "1", "severity": "Severe", "title_en": "Gale: port gates <shut> for cargo",
    "body_en": "Winds above\n60 knots.", "starts_date": "2027-03-01", "starts_time": "7:30 pm",
    "row-TOTAL_FORMS": "1", "row-INITIAL_FORMS": "0", "row-0-place": "Algeciras", "row-0-status": "closed",
    "row-0-traffic": ["cargo", "empties", "relief", "live_perishable"], "row-0-days": "daily",
}  # fmt: skip
REFUSE = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON delivery_publication EXECUTE FUNCTION no_room();
CREATE TRIGGER no_room BEFORE INSERT ON base_auditentry EXECUTE FUNCTION no_room();
CREATE TRIGGER no_room BEFORE UPDATE ON notices_version EXECUTE FUNCTION no_room();
"""


@contextmanager
def refusing() -> Iterator[None]:
    """What PostgreSQL answers on a full disk, wherever the test runs."""
    _do(REFUSE)
    try:
        yield
    finally:
        _do("DROP FUNCTION no_room CASCADE")


def _do(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)


class SmallDisk:
    def __init__(self, plant: Plant, folder: Path) -> None:
        self.plant, self.folder = plant, folder
        mount = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=0755", "fairway-test", str(folder)]
        self.mounted = os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        if self.mounted:
            self._move_in()

    def _move_in(self) -> None:
        space = self.folder / "space"
        space.mkdir()
        user = self.plant.postgres.user
        os.chown(space, user["user"], user["group"])
        connections.close_all()
        connection.settings_dict["NAME"] = "postgres"
        _do(f"CREATE TABLESPACE small LOCATION '{space}'")
        _do(f"ALTER DATABASE {DATABASE} SET TABLESPACE small")
        connections.close_all()
        connection.settings_dict["NAME"] = DATABASE

    @contextmanager
    def full(self) -> Iterator[None]:
        if not self.mounted:
            with refusing():
                yield
            return
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            while (free := shutil.disk_usage(self.folder).free) > 0:
                file.write(bytes(min(free, 1 << 20)))
        try:
            yield
        finally:
            filler.unlink()

    def unmount(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def small(working: Plant) -> Iterator[SmallDisk]:
    with tempfile.TemporaryDirectory(prefix="fairway-disk-") as name:
        disk = SmallDisk(working, Path(name))
        yield disk
        working.postgres.stop()
        disk.unmount()


def assert_refused(answer: Answer, *typed: str) -> None:
    assert (answer.status, answer.headers.get("Retry-After")) == (503, "60"), answer.text[:500]
    assert all(words in answer.text for words in SAYS)
    assert all(words in html.unescape(answer.text) for words in typed)


def given_back(page: str) -> dict[str, Any]:
    """The fields of the page, as a browser would send them."""
    found: dict[str, list[str]] = {}
    pattern = r'name="([^"]+)" value="([^"]*)"|<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>'
    for hidden, value, area, text in re.findall(pattern, page, re.DOTALL):
        found.setdefault(hidden or area, []).append(html.unescape(value or text))
    return dict(found)


def test_full_disk_half_does_nothing_and_everything_goes_on_once_there_is_room(
    working: Plant, small: SmallDisk
) -> None:
    finish(begin(working.site.environment, "collectstatic", "--noinput", "-v0"))
    for lane in (Lane.CRITICAL, Lane.ROUTINE):
        working.site.start_worker(lane)
    working.site.start_beat()
    working.site.start_web()
    make.member_list(None, "reader@full-disk.invalid")
    approver, author = make.user("approver", password=make.PASSWORD), make.user("officer")
    deciding = signed_in(approver, working.site.port)
    pending = make.pending(by=author)
    path = f"/en/desk/v/{pending.uid}/decide/"
    page = deciding.get(path)

    with small.full():
        approving = {"decision": "approve", "digest": pending.digest}
        assert_refused(deciding.answer(page, path, **approving), pending.digest)
        assert [deciding.get(where).status for where in ("/en/", "/en/desk/", "/fr/feed.atom")] == [200] * 3
        assert Version.objects.get(pk=pending.pk).state == Version.State.PENDING
        assert not Publication.objects.filter(key=f"version:{pending.uid}").exists()
        assert not AuditEntry.objects.filter(action="version.approve").exists()
        going = [working.named(f"worker-{lane}").poll() for lane in (Lane.CRITICAL, Lane.ROUTINE)]

    assert going == [None, None]
    assert deciding.answer(page, path, **approving).path == f"/en/desk/v/{pending.uid}/sending/"
    working.wait_for(Publication.objects.get(key=f"version:{pending.uid}"))
    assert sum(working.accepted("reader@full-disk.invalid").values()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["edit", "submit", "decide"])
def test_each_step_of_publishing_is_refused_with_a_page_from_which_it_can_be_sent_again(deed: str) -> None:
    make.place()
    author, approver = make.user("officer"), make.user("approver")
    version = make.pending(by=author) if deed == "decide" else make.written(by=author)
    if deed == "edit":
        office = author.seats()[0].organisation
        version = lifecycle.start(kind="port_downtime", office=office, by=author, now=make.now(), status="Actual")
    client = make.sign_in(Client(raise_request_exception=False), approver if deed == "decide" else author)
    sent: dict[str, Any] = {
        "edit": FILLED,
        "submit": {"digest": version.digest},
        "decide": {"decision": "approve", "digest": version.digest},
    }[deed]
    before = Version.objects.filter(pk=version.pk).values().get()
    with refusing():
        answer = client.post(f"/en/desk/v/{version.uid}/{deed}/", sent)
    page = answer.content.decode()
    assert (answer.status_code, answer.get("Retry-After")) == (503, "60"), re.findall("f-err.*", page)
    assert all(words in page for words in SAYS)
    again = given_back(page)
    assert again.pop("csrfmiddlewaretoken")
    assert again == {name: value if isinstance(value, list) else [value] for name, value in sent.items()}
    assert Version.objects.filter(pk=version.pk).values().get() == before
    assert client.post(f"/en/desk/v/{version.uid}/{deed}/", again).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_password_is_not_given_back() -> None:
    person = make.user("officer", password=make.PASSWORD)
    _do(REFUSE.replace("INSERT ON base_auditentry", "INSERT ON django_session"))
    try:
        answer = Client(raise_request_exception=False).post(
            "/en/accounts/login/", {"login": person.email, "password": make.PASSWORD}
        )
    finally:
        _do("DROP FUNCTION no_room CASCADE")
    assert answer.status_code == 503
    assert make.PASSWORD not in answer.content.decode()
