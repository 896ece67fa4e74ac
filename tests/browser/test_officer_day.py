"""The day of an officer and of an approver on a phone: planned work, a closure and its end, a night alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import translation

from contacts import tasks
from delivery import postman
from notices import lifecycle
from notices.actions import STEPS
from notices.models import Notice, Version
from tests import make

from . import pages
from .hands import DAYS, PHONE, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DETAILS = "Modes, directions, limits, own times, a system, an agency"


class Day:
    """One office's day: who is at work in it, each in a browser of their own, and what they do again and again."""

    def __init__(self, way: type[Pointer], new_context: Any, window: dict[str, Any], language: str, url: str) -> None:
        self.url, self.language, self.faults = url, language, list[str]()
        self.person = {
            role: make.user(role, language=language, name=role.title()) for role in ("officer", "approver")
        }
        self.officer = way(self.page(new_context, window, "officer"), language)
        self.approver = way(self.page(new_context, {**window, "viewport": PHONE}, "approver"), language)

    def page(self, new_context: Any, window: dict[str, Any], role: str) -> Any:
        page = new_context(**window, reduced_motion="reduce").new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.person[role].set_password(make.PASSWORD)
        self.person[role].save()
        pages.sign_in(page, self.url, self.person[role])
        return page

    def desk(self, who: Pointer) -> None:
        with translation.override(self.language):
            who.page.goto(self.url + reverse("desk"))

    def begin(self, kind: int) -> None:
        self.desk(self.officer)
        self.officer.press("Write a notice")
        self.officer.tick(f"#id_kind_{kind}")
        self.officer.press("Start writing")

    def send(self) -> Version:
        """Saved, checked and sent to the approver."""
        self.officer.save()
        self.officer.press("Send to an approver")
        assert self.officer.page.url.endswith("/desk/"), self.officer.main()[:400]
        return Version.objects.filter(state="pending").get()

    def read(self, version: Version) -> None:
        self.desk(self.approver)
        self.approver.press(f"{self.approver.said('Read and decide')}: {version.notice}")
        self.approver.press("Go to your decision")

    def approve(self, version: Version) -> None:
        self.read(version)
        self.approver.press("Publish to fewer than 3 people now")
        self.sent(self.approver)

    def let_through(self, version: Version) -> None:
        """Approved elsewhere; `approve` walks through the pages."""
        lifecycle.approve(version, by=self.person["approver"], digest=version.digest, now=make.now())
        self.work()

    def work(self) -> None:
        tasks.expand(Version.objects.latest("issued_at").publication_id)
        assert sum(postman.work(lane) for lane in ("critical", "routine")) == 1

    def sent(self, who: Pointer) -> None:
        """The page shows the sending until the last mail is out."""
        assert who.page.url.endswith("/sending/")
        self.work()
        who.page.reload()
        assert who.said("Done.") in who.main()

    def change(self, notice: Notice, action: str) -> None:
        """A button on what is in force opens the next version."""
        self.desk(self.officer)
        self.officer.press(f"{self.officer.said('Read, update or withdraw')}: {notice}")
        with translation.override(self.language):
            self.officer.press(str(STEPS[action].button))


def lose_session(officer: Pointer, person: Any) -> None:
    """What is typed outlives the session: saving leads through the sign-in back to it."""
    officer.page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    officer.save()
    officer.sign_in(person)
    assert officer.said("This is what you typed and did not save,") in officer.main()


def planned_work(day: Day) -> Notice:
    """From a template; the session is lost on the way, and the approver finds the end too late."""
    officer, tomorrow = day.officer, (make.now() + timedelta(days=1)).date()
    template = make.template("Dredging", en={"title": "Dredging at [QUAY]", "body": "", "instruction": ""})
    day.begin(kind=0)
    officer.press(template.full_name)
    officer.write("#id_row-0-place", "ESALG")
    officer.tick("#id_row-0-traffic_0")
    officer.day("#id_starts_date", tomorrow)
    officer.write("#id_starts_time", "0600")
    officer.day("#id_ends_date", tomorrow)
    officer.write("#id_ends_time", "22:00")
    officer.write("#id_title_en", "Dredging at the north quay")
    lose_session(officer, day.person["officer"])
    assert officer.page.locator("#id_title_en").input_value() == "Dredging at the north quay"
    version = day.send()

    day.read(version)
    day.approver.write("#id_reason", "The harbour master says 20:00.")
    day.approver.press("Return to the author")
    day.desk(officer)
    assert "The harbour master says 20:00." in officer.main()
    officer.press(f"{officer.said('Change and send again')}: {version.notice}")
    officer.write("#id_ends_time", "20:00")
    day.approve(day.send())
    return version.notice


def closure(day: Day) -> Notice:
    """A crossing without a code, a system beside it; updated, longer than thought, and over."""
    officer, soon = day.officer, (make.now() + timedelta(days=1)).date()
    day.begin(kind=1)
    officer.unfold("#id_row-0-status", DETAILS)
    officer.write("#id_row-0-place_name", "Ferry slip at Punta Umbral")
    officer.press("Closed to all")
    officer.press("Add a row")
    officer.write("#id_row-1-place_name", "")  # a further row is at the place of the last one
    officer.write("#id_row-1-system", "Manifest system")
    officer.day("#id_starts_date", make.now().date())
    officer.write("#id_starts_time", "00:05")
    officer.day("#id_ends_date", soon)
    officer.write("#id_ends_time", "12:00")
    officer.write("#id_title_en", "Flood water on the slip road")
    version = day.send()
    day.let_through(version)

    day.change(version.notice, "update")
    officer.write("#id_instruction_en", "Lorries: use the ring road.")
    day.let_through(day.send())
    day.change(version.notice, "extend")
    officer.write("#id_ends_time", "23:00")
    day.let_through(day.send())
    day.change(version.notice, "all_clear")
    officer.write("#id_title_en", "The slip road is dry again")
    day.approve(day.send())
    return version.notice


def night_alone(day: Day, notice: Notice) -> None:
    """No approver answers: the officer withdraws the planned work alone, and the approver reviews it."""
    officer, approver = day.officer, day.approver
    day.change(notice, "withdraw")
    officer.write("#id_title_en", "The dredger does not come")
    version = day.send()
    Version.objects.filter(pk=version.pk).update(submitted_at=make.now() - timedelta(minutes=15))
    day.desk(officer)
    officer.press(f"{officer.said('Read it again')}: {notice}")
    officer.press("Issue without a second person")
    officer.write("#id_reason", "Alone on duty, nobody answers, crews are on the road.")
    officer.write("#id_reference", notice.reference)
    officer.press("Publish to fewer than 3 people now")
    day.sent(officer)

    day.desk(approver)
    approver.press("The dredger does not come")
    approver.tick("#id_finding_0")
    approver.press("Keep my review")
    assert approver.said("Your review is kept with the notice.") in approver.main()


@pytest.mark.long
@pytest.mark.parametrize(("way", "window", "language"), DAYS)
def test_officer_and_approver_get_through_a_day(
    way: type[Pointer], window: dict[str, Any], language: str, new_context: Any, live_server: Any, smtp_sink: Any
) -> None:
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    day = Day(way, new_context, window, language, live_server.url)
    notice = planned_work(day)
    over = closure(day)
    night_alone(day, notice)
    assert [one.action for one in over.versions.order_by("number")] == ["issue", "update", "extend", "all_clear"]
    assert len(smtp_sink.envelopes) == 6
    assert [*day.faults, *day.officer.wide, *day.approver.wide] == []
