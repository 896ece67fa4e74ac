"""Two clicks on "publish" at once, through two web processes: one issue, one publication, one mail each (AUT-04)."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections

from base.models import AuditEntry
from base.words import Lane
from contacts.models import User
from delivery.models import Publication
from notices.models import Version
from portal.embedded.launcher import Site, begin, finish
from portal.embedded.processes import free_port
from tests import make

from .plant import Plant
from .test_outages import Answer, Browser, code_for

MEMBERS = [f"member{number}@two-clicks.invalid" for number in range(20)]


@dataclass
class Desk:
    """Two web processes on one database, and three people who are signed in to both."""

    plant: Plant
    ports: tuple[int, int]
    author: User
    first: Browser
    second: Browser

    def clicks(self, version: Version, people: tuple[Browser, Browser], gap_s: float) -> list[Answer]:
        """Both have the page open, each from another process, and press `gap_s` apart."""
        path = f"/en/desk/v/{version.uid}/decide/"
        answers: list[Answer | None] = [None, None]

        def press(number: int) -> None:
            browser = Browser(self.ports[number])
            browser.opener = people[number].opener
            page = browser.get(path)
            seen.wait()
            time.sleep(gap_s * number)
            answers[number] = browser.answer(page, path, decision="approve", digest=version.digest)

        seen = threading.Barrier(2)
        hands = [threading.Thread(target=press, args=(number,)) for number in (0, 1)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return [answer for answer in answers if answer is not None]


def signed_in(person: User, port: int) -> Browser:
    """By password and a second factor set up at the first sign-in, as an invited approver does."""
    browser = Browser(port)
    page = browser.send("/en/accounts/login/", login=person.email, password=make.PASSWORD)
    secret = page.text.split('id="authenticator_secret">')[1].split("<")[0]
    browser.answer(page, "/en/accounts/2fa/totp/activate/", code=code_for(secret))
    assert browser.get("/en/desk/").path == "/en/desk/"
    return browser


@pytest.fixture(scope="module")
def desk(working: Plant) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="fairway-second-web-") as name:
        yield from _desk(working, Site(working.site.environment, Path(name), free_port(), []))


def _desk(plant: Plant, other: Site) -> Iterator[Desk]:
    plant.site.environment["STATIC_ROOT"] = str(other.folder / "static")
    finish(begin(plant.site.environment, "collectstatic", "--noinput", "-v0"))
    for site in (plant.site, other):
        site.start_web()
    plant.site.start_worker(Lane.CRITICAL)
    plant.site.start_worker(Lane.ROUTINE)
    plant.site.start_beat()
    make.member_list(None, *MEMBERS)
    people = [make.user("approver", password=make.PASSWORD) for _number in range(2)]
    browsers = [signed_in(person, plant.site.port) for person in people]
    yield Desk(plant, (plant.site.port, other.port), make.user("officer"), *browsers)
    other.stop()


def outcome_of(version: Version) -> tuple[int, int, str]:
    """How often it was issued, how many publications it has, and its state."""
    connections.close_all()
    issues = AuditEntry.objects.filter(action="version.issue", target=f"version:{version.uid}").count()
    publications = Publication.objects.filter(key=f"version:{version.uid}").count()
    return issues, publications, Version.objects.get(pk=version.pk).state


@pytest.mark.parametrize("gap_s", [0.0, 0.005, 0.04])
def test_two_approvers_at_once_issue_one_version_and_the_slower_one_is_told(desk: Desk, gap_s: float) -> None:
    version = make.pending(by=desk.author)
    answers = desk.clicks(version, (desk.first, desk.second), gap_s)
    assert outcome_of(version) == (1, 1, Version.State.ISSUED)
    won, lost = sorted(answers, key=lambda answer: answer.status)
    assert (won.status, won.path) == (200, f"/en/desk/v/{version.uid}/sending/")
    assert lost.status == 409
    assert "Somebody else was faster" in lost.text
    assert AuditEntry.objects.filter(action="version.approve", target=f"version:{version.uid}").count() == 1
    _each_member_has_one_mail(desk, version)


@pytest.mark.parametrize("gap_s", [0.0, 0.04])
def test_double_click_is_answered_with_the_first_result(desk: Desk, gap_s: float) -> None:
    version = make.pending(by=desk.author)
    answers = desk.clicks(version, (desk.first, desk.first), gap_s)
    assert outcome_of(version) == (1, 1, Version.State.ISSUED)
    assert {(answer.status, answer.path) for answer in answers} == {(200, f"/en/desk/v/{version.uid}/sending/")}
    assert AuditEntry.objects.filter(action="version.approve", target=f"version:{version.uid}").count() == 1
    _each_member_has_one_mail(desk, version)


def _each_member_has_one_mail(desk: Desk, version: Version) -> None:
    desk.plant.wait_for(Publication.objects.get(key=f"version:{version.uid}"))
    reference = Version.objects.get(pk=version.pk).notice.reference
    assert desk.plant.accepted(f"{reference}, version 1") == dict.fromkeys(MEMBERS, 1)
