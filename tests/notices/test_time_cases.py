"""Situations with times and languages that mislead readers, each with the outcome that is right."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from lxml import html

from base import clock
from delivery.models import Message
from notices import lifecycle, reminders, render, status_of
from notices.models import Version
from notices.status import fold, places_now
from tests import make

from .test_cases import GOODS, LONG_BEFORE, issued, place, written
from .test_live import typed

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def refused(**changes: str) -> str:
    """The form of a closure at Dorohusk, sent with these times and not taken."""
    client = make.sign_in(Client(), make.user("officer"))
    edit = client.post("/en/desk/new/", {"kind": "border_closure", "office": make.office().pk})["Location"]
    answer = client.post(edit, typed(**{"row-0-place": "PLDOR", "row-0-traffic": GOODS, **changes}))
    assert answer.status_code == 422
    return str(answer.content.decode())


# TIM-01
def test_local_time_that_comes_twice_is_asked_about_and_one_that_never_comes_is_refused() -> None:
    place("PLDOR", "Europe/Warsaw")
    twice = refused(starts_date="2027-10-31", starts_time="02:30")
    assert "Choose which one you mean." in twice and 'name="starts_which"' in twice
    never = refused(starts_date="2027-03-28", starts_time="02:30")
    assert "this time does not exist" in never and 'value="02:30"' in never


# TIM-01
@pytest.mark.parametrize("moment", ["2027-10-31T00:30", "2027-10-31T01:30", "2027-03-28T00:30", "2027-03-28T01:30"])
def test_no_page_fails_in_the_hour_in_which_the_clocks_change(moment: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    row = {"place": place("PLDOR", "Europe/Warsaw").locode, "status": "closed", "traffic": GOODS}
    more = {"title_en": "Office moves", "next_update_date": f"{at:%Y-%m-%d}", "next_update_time": "05:00"}
    version = written("border_closure", [row], starts_date="2027-03-01", starts_time="08:00", **more)
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=LONG_BEFORE)
    version = lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=LONG_BEFORE)
    draft = lifecycle.revise(version.notice, by=version.author, now=at)
    officer = make.sign_in(Client(), version.author)
    with make.clock_at(at):
        for path in ("/en/", f"/fr/n/{version.notice.reference}/", "/en/feed.atom", "/en/feed.json"):
            get(Client(), path)
        for path in ("/en/desk/", f"/en/desk/v/{draft.uid}/", f"/en/desk/v/{draft.uid}/edit/"):
            get(officer, path)
    assert places_now(fold(status_of.live_versions(at), now=at), ["PLDOR"])["PLDOR"].status == "closed"


# TIM-07
def test_midnight_is_written_with_weekday_and_date() -> None:
    midnight = datetime(2027, 3, 4, 23, 0, tzinfo=UTC)  # Friday 00:00 in Madrid
    version = make.written(make.row(starts_at=midnight), starts_at=midnight)
    mail = render.mail(version, "en", now=LONG_BEFORE).text
    assert "From 00:00 CET (Thu 23:00 UTC) on Friday 5 March." in mail and "midnight" not in mail.lower()
    page = get(make.sign_in(Client(), version.author), f"/en/desk/v/{version.uid}/")
    assert "Fri 5 Mar 2027, 00:00 CET" in page and "Thu 23:00 UTC" in page


# TIM-08
def test_window_past_midnight_ends_on_the_next_day_and_an_end_without_a_date_is_asked_for() -> None:
    place("PLDOR", "Europe/Warsaw")
    night = {"starts_date": "2027-03-05", "starts_time": "22:00", "ends_time": "04:00"}
    assert "Give both a date and a time." in refused(**night)
    assert "The end must be after the start." in refused(**night, ends_date="2027-03-05")
    row = {"place": "PLDOR", "status": "closed", "traffic": GOODS}
    version = written("border_closure", [row], **night, ends_date="2027-03-06", title_en="Works")
    assert version.starts_at and version.ends_at
    assert version.ends_at - version.starts_at == timedelta(hours=6)


# TIM-08
def test_hours_past_midnight_are_one_night() -> None:
    row = {"place": place("PLDOR", "Europe/Warsaw").locode, "status": "closed", "traffic": GOODS}
    pattern = {"hours": "22:00-04:00", "days": "daily"}
    version = written("border_closure", [row | pattern], starts_date="2027-03-05", starts_time="12:00")
    issued(version, at=LONG_BEFORE)
    found = []
    for hour in (21, 23, 27, 29):  # Friday evening to Saturday morning
        at = datetime(2027, 3, 5, tzinfo=ZoneInfo("Europe/Warsaw")) + timedelta(hours=hour)
        found.append(places_now(fold(status_of.live_versions(at), now=at), ["PLDOR"])["PLDOR"].status)
    assert found == ["open", "closed", "closed", "open"]


# TIM-13
def test_every_moment_stands_in_the_time_of_the_port_with_utc_beside_it() -> None:
    start = make.now().replace(hour=12, minute=0, second=0) - timedelta(days=1)
    version = make.issued(make.row(make.place("GBDVR"), starts_at=start), starts_at=start, time_zone="Europe/London")
    tree = html.fromstring(get(Client(), f"/en/n/{version.notice.reference}/"))
    moments = tree.xpath("//dl//time")
    # What the server says stays: the page's only script knows two buttons and no time.
    assert moments and [script.get("src") for script in tree.xpath("//script")] == ["/static/js/buttons.js"]
    for moment in moments:
        at = datetime.fromisoformat(moment.get("datetime"))
        told = clock.shown(at, "Europe/London")
        assert moment.text_content().startswith(told.local)
        assert "UTC" in moment.text_content() or "UTC" in moment.getparent().text_content()


def language_of(element: Any) -> str | None:
    return next((one.get("lang") for one in (element, *element.iterancestors()) if one.get("lang")), None)


# TIM-17
def test_untranslated_notice_is_marked_with_its_language_and_says_that_a_translation_is_pending() -> None:
    version = make.issued(title="Gale in the strait")
    page = get(Client(), f"/fr/n/{version.notice.reference}/")
    tree = html.fromstring(page)
    assert tree.get("lang") == "fr" and "Une traduction est en cours" in page
    for words in ("Gale in the strait", "Winds above 60 knots.", "Do not send lorries."):
        (block,) = tree.xpath(f"//main//*[text()='{words}']")
        assert language_of(block) == "en"
    assert {language_of(heading) for heading in tree.xpath("//main//h2")} == {"fr"}  # our own words
    home = html.fromstring(get(Client(), "/fr/"))
    (title,) = home.xpath("//main//*[text()='Gale in the strait']")
    assert title.get("lang") == "en"


# TIM-18
def test_reminder_of_an_office_in_summer_time_comes_and_speaks_in_its_time() -> None:
    london, noon = ZoneInfo("Europe/London"), time(12)
    summer = datetime.combine(date(2027, 7, 7), noon, london)
    officer = make.user("officer")
    make.place("GBDVR")
    make.member_list(None, "reader@member.invalid")
    row = {"place": "GBDVR", "status": "closed", "traffic": GOODS}
    version = written(
        "port_downtime", [row], starts_date="2027-07-07", starts_time="09:00", next_update_date="2027-07-07",
        next_update_time="14:00", title_en="Strong wind at the gates",
    )  # fmt: skip
    version = lifecycle.submit(version, by=version.author, now=summer)
    version = lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=summer)
    assert version.next_update_at == datetime(2027, 7, 7, 13, 0, tzinfo=UTC)

    def reminded(hour: int, minute: int) -> bool:
        reminders.sweep(now=datetime.combine(summer, time(hour, minute), london))
        return Message.objects.filter(subject__contains="the next update is due").exists()

    assert [reminded(12, 31), reminded(13, 29), reminded(13, 31)] == [False, False, True]
    words = Message.objects.filter(subject__contains="the next update is due").first()
    assert words and re.search(r"14:00 BST.*13:00 UTC", words.text)
    assert officer.email and Version.objects.count() == 1
