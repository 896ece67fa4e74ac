"""The day of an association's manager: what is new, what to relay and how, and a list that is put right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from contacts.models import MemberList, Membership
from notices.models import Relay, Version
from tests import make
from tests.notices import closures

from . import pages
from .hands import DAYS, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = "Our desk answers all night: +34 600 000 000."
FILE = "email,company,AEO\nfirst@haulier.invalid,First Hauliers,yes\nno address,Nobody,no\n"


class Manager:
    """One manager at the dashboard, and what waits there."""

    def __init__(self, who: Pointer, url: str, language: str) -> None:
        self.who, self.url = who, url
        self.association = make.association("as-day")
        self.list = make.member_list(self.association, "a@member.invalid", "b@member.invalid", way="on_relay")
        self.person = make.user("association_manager", at=self.association, language=language)
        self.person.set_password(make.PASSWORD)
        self.person.save()

    def home(self) -> str:
        with translation.override(self.who.language):
            self.who.page.goto(self.url + reverse("association", args=[self.association.code]))
        return self.who.main()

    def fold(self, words: str, version: Version) -> None:
        self.who.open(f"{self.who.said(words)}: {version.notice.reference}")

    def answered(self, version: Version) -> Relay:
        assert version.notice.reference in self.who.main()
        return Relay.objects.get(version=version)


def reads(manager: Manager) -> None:
    """What changed since the last look, marked as seen by a button."""
    who = manager.who
    assert "Gale" in manager.home() and who.said("No update is promised at the moment.") not in who.main()
    who.press("Mark all as seen")
    assert who.said("Nothing has changed since") in who.main() and "Gale" in who.main()


def relays(manager: Manager, gale: Version, strike: Version, fog: Version) -> None:
    """With own words, by own means, and not at all: each answer with what it needs."""
    who = manager.who
    manager.fold("Add our own words", gale)
    who.write(f"#portal-{gale.uid}-words", WORDS)
    who.press(who.said("Relay to %(n)s with these words") % {"n": 2})
    assert manager.answered(gale).words == WORDS

    manager.fold("Relayed by our own means", strike)
    who.press("Write down that we told them")
    assert who.said("Say about how many members you told.") in who.main()
    who.write(f"#own_means-{strike.uid}-head_count", "40")
    who.press("Write down that we told them")
    assert manager.answered(strike).head_count == 40

    manager.fold("Not for us", fog)
    who.write(f"#not_relevant-{fog.uid}-reason", "None of us goes there.")
    who.press("Send nothing to our lists on relay")
    assert manager.answered(fog).means == Relay.Means.NOT_RELEVANT
    assert who.said("Nothing waits. Your direct lists get each notice the moment it is issued.") in who.main()


def mends_a_list(manager: Manager, folder: Path) -> None:
    """A file is tried first; what is refused is named, and nothing is stored before the last click."""
    who, file = manager.who, folder / "members.csv"
    file.write_text(FILE)
    manager.home()
    who.press(manager.list.name)
    who.attach("#id_file", file)
    who.press("Try the file")
    assert who.said("Dry run: nothing has been stored yet") in who.main() and "no address" in who.main()
    assert Membership.objects.count() == 2
    who.tick("#id_agreed")
    who.press(who.said("Add %(add)s, change %(change)s") % {"add": 1, "change": 0})
    assert Membership.objects.get(company="First Hauliers").is_aeo is True
    assert MemberList.objects.get().runs.get().state == "applied"


@pytest.mark.parametrize(("way", "window", "language"), DAYS)
def test_manager_of_an_association_gets_through_a_day(
    way: type[Pointer], window: dict[str, Any], language: str, new_context: Any, live_server: Any, tmp_path: Path
) -> None:
    make.place("ESALG")
    page = new_context(**window, reduced_motion="reduce").new_page()
    wrong = pages.watch(page, live_server.url)
    manager = Manager(way(page, language), live_server.url, language)
    soon = {"severity": "Moderate", "next_update_at": make.in_hours(3)}
    gale, strike, fog = (make.issued(title=title, **soon) for title in ("Gale", "Strike", "Fog"))
    with translation.override(language):
        manager.who.sign_in(manager.person, live_server.url)
    reads(manager)
    relays(manager, gale, strike, fog)
    mends_a_list(manager, tmp_path)
    assert [line for line in wrong if "status of 422" not in line] == []
    assert manager.who.wide == []


@pytest.mark.parametrize("language", ["fr", "es"])
def test_task_long_past_its_time_fits_a_narrow_screen(language: str, new_context: Any, live_server: Any) -> None:
    long_ago = make.in_hours(-10.25)
    closures.issued(make.place("ESALG"), now=long_ago, next_update_at=make.in_hours(3))
    page = new_context(viewport={"width": 320, "height": 740}).new_page()
    manager = Manager(Pointer(page, language), live_server.url, language)
    pages.sign_in(page, live_server.url, manager.person)
    manager.home()
    assert "10 h 15 min" in page.locator(".f-task__clock").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
