"""Situations that officers get into while they write and change notices, each with the outcome that is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from lxml import html

from contacts import expansion
from contacts.models import User
from delivery.models import Delivery, Publication
from notices import cards, lifecycle, render, status_of
from notices.drafting import Draft
from notices.models import Notice, Version
from notices.status import fold
from tests import make

from .test_cases import GOODS, LONG_BEFORE, PEOPLE, facts, issued, place, written

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEFT_EMPTY = (
    "place_name", "system", "agency", "own_start_date", "own_start_time", "own_start_which", "own_end_date",
    "own_end_time", "own_end_which", "zone_asked",
)  # fmt: skip


def page_at(moment: Any, path: str = "/en/") -> str:
    with make.clock_at(moment):
        return Client().get(path, follow=True).content.decode()


def section(page: str, name: str) -> str:
    """The part of the page under the heading with this id."""
    return page.split(f'aria-labelledby="{name}"')[1].split("</section>")[0]


# AUT-11
def test_downtime_in_two_weeks_is_announced_apart_and_holds_from_its_start_by_itself() -> None:
    start = make.now() + 14 * DAY
    make.issued(make.row(starts_at=start), title="Crane works", starts_at=start, ends_at=start + DAY)
    before = page_at(make.now())
    assert "No notice is in force." in before and "Crane works" in section(before, "planned")
    during = page_at(start + timedelta(minutes=1))
    assert "No notice is in force." not in during and 'aria-labelledby="planned"' not in during
    assert "Crane works" in during
    assert "Crane works" in section(page_at(start + DAY + timedelta(minutes=1)), "over")


# AUT-12
def test_closure_of_three_days_without_an_end_is_current_on_every_day() -> None:
    make.issued(title="Gale")
    for days in (0, 1, 3, 40):
        page = page_at(make.now() + days * DAY)
        assert "Gale" in page.split('aria-labelledby="more"')[0] and 'aria-labelledby="over"' not in page


# AUT-13
def test_planned_work_stands_under_its_day_and_not_under_the_day_it_was_written() -> None:
    for days, title in ((15, "Fifteenth"), (3, "Third"), (9, "Ninth")):
        start = make.now() + days * DAY
        version = make.issued(make.row(starts_at=start), title=title, starts_at=start, severity="Minor")
    planned = section(page_at(make.now()), "planned")
    assert planned.index("Third") < planned.index("Ninth") < planned.index("Fifteenth")
    facts = page_at(make.now(), f"/n/{version.notice.reference}").split("<dl")[1].split("</dl>")[0]
    starts, issued = (facts.split(f"<dt>{word}</dt>")[1].split("</div>")[0] for word in ("Starts", "Issued by"))
    assert f"{version.starts_at:%Y-%m-%d}" in starts and f"{make.now():%Y-%m-%d}" in issued


# AUT-18
def test_whole_days_are_said_as_days_with_the_last_included() -> None:
    told = facts("n-01")
    rows = [
        {"place": place(one["unlocode"], told["timezone"]).locode, "status": "closed", "traffic": GOODS}
        for one in told["places"]
    ]
    version = issued(
        written("port_downtime", rows, starts_date=told["starts"], ends_date=told["ends"]), at=LONG_BEFORE
    )
    says = "Monday 30 August to Wednesday 1 September 2027, all day (3 days)."
    assert says in render.mail(version, "en", now=LONG_BEFORE).text
    assert cards.card(version, "en", LONG_BEFORE).time_line == says
    french = "Du lundi 30 août au mercredi 1er septembre 2027, toute la journée (3 jours)."
    assert cards.card(version, "fr", LONG_BEFORE).time_line == french
    over = datetime.fromisoformat(told["expected"]["over_at_utc"])
    states = [cards.state_of(version, over + one * timedelta(seconds=1)) for one in (-1, 0)]
    assert states == ["current", "over"]


# AUT-19
def test_both_sides_of_a_crossing_are_listed_each_with_what_it_says_of_its_direction() -> None:
    coutts = place("CACTS", "America/Edmonton")
    make.member_list(None, "driver@member.invalid")
    make.issued(make.row(coutts, directions=["import"]), title="Protest on the road")
    make.issued(make.row(coutts, place_id=None, place_name="Sweetgrass", status="open"), title="Exit may be slow")
    said = html.fromstring(page_at(make.now())).find(".//main").text_content()
    assert "Closed to import cargo and arriving travellers." in said
    assert "Sweetgrass" in said and "Open to cargo and travellers." in said


# AUT-20
def test_hours_of_forty_crossings_with_freight_and_travellers_apart_fit_one_notice() -> None:
    for number in range(40):
        place(f"CAX{number:02}", "America/Toronto")
    patterns = ((PEOPLE, "daily"), (GOODS, "mon-fri"))
    rows = [
        {"place": f"CAX{number:02}", "traffic": traffic, "status": "open", "hours": "08:00-16:00", "days": days}
        for number in range(40)
        for traffic, days in patterns
    ]
    everything = {"modes": ["road"], "directions": ["import", "export", "transit"], "limit": "", "wait_h": ""}
    rows = [row | everything | dict.fromkeys(LEFT_EMPTY, "") for row in rows]
    version = written("hours_change", rows, starts_date="2027-01-06", starts_time="00:01")
    assert version.rows.count() == 80
    saturday = datetime(2027, 1, 9, 17, 0, tzinfo=UTC)
    cells = fold(status_of.live_versions(saturday), now=saturday)
    assert cells == {}
    issued(version, at=LONG_BEFORE)
    cells = fold(status_of.live_versions(saturday), now=saturday)
    for number in range(40):
        said = [cells[f"CAX{number:02}", "road", "import", one].status for one in ("other_travellers", "cargo")]
        assert said == ["open", "closed"]


# --- A storm in five versions (n-06) ------------------------------------------------------------------------------

STORM = facts("n-06")["versions"]
AT = [datetime.fromisoformat(version["at"]).astimezone(UTC) for version in STORM]
STARTS = datetime(2027, 10, 6, 21, 0, tzinfo=UTC)  # Wednesday 17:00
EARLIER = datetime(2027, 10, 6, 19, 0, tzinfo=UTC)  # Wednesday 15:00
MEMBERS = ["first@member.invalid", "second@member.invalid"]


def go_out(version: Version, draft: Draft, *, by: User, approver: User, at: datetime) -> Version:
    version = lifecycle.edit(version, by=by, edit_number=version.edit_number, draft=draft, now=at)
    version = lifecycle.submit(version, by=by, now=at)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=at)


@pytest.fixture
def storm() -> list[Version]:
    """The five versions of n-06, each written and issued at its time."""
    port = place("USCHS", "America/New_York")
    make.member_list(None, *MEMBERS)
    by, approver = make.user("officer"), make.user("approver")
    steps: list[tuple[datetime, str, dict[str, Any]]] = [
        (STARTS, "closed", {}),
        (EARLIER, "closed", {}),
        (EARLIER, "closed", {}),
        (EARLIER, "restricted", {"next_update_at": datetime(2027, 10, 9, 16, 0, tzinfo=UTC)}),
        (AT[4], "open", {"ends_at": AT[4] + DAY}),
    ]
    version = lifecycle.start(kind="port_downtime", office=make.office(), by=by, now=AT[0])
    found: list[Version] = []
    for (starts_at, status, more), told, at in zip(steps, STORM, AT, strict=True):
        if found:
            action = Version.Action.ALL_CLEAR if status == "open" else Version.Action.UPDATE
            version = lifecycle.revise(found[-1].notice, by=by, now=at, action=action)
        draft = make.draft(
            make.row(port, status=status, starts_at=starts_at), title="Storm and cargo terminals",
            starts_at=starts_at, severity="Minor", time_zone="America/New_York", **more,
        )  # fmt: skip
        draft.texts["en"]["body"] = told["text"]
        found.append(go_out(version, draft, by=by, approver=approver, at=at))
        expansion.expand(found[-1].publication_id or 0, now=at)
    return found


# AUT-15
def test_each_change_is_mailed_once_and_an_earlier_start_goes_at_once(storm: list[Version]) -> None:
    for version in storm:
        mails = Delivery.objects.filter(publication=version.publication_id).values_list("address__key", flat=True)
        assert sorted(mails) == MEMBERS
    lanes = [Publication.objects.get(pk=version.publication_id).lane for version in storm]
    assert lanes == ["routine", "critical", "routine", "routine", "routine"]  # no digest waits for the second
    told = render.mail(storm[1], "en", now=AT[1]).text.split("What has changed")[1]
    old, new = (told.index(f"Wed 6 Oct 2027, {hour} EDT") for hour in ("17:00", "15:00"))
    assert old < new


# AUT-15
def test_later_end_of_planned_work_is_mailed_once_with_the_old_and_the_new_time() -> None:
    madrid = datetime(2027, 6, 26, 20, 0, tzinfo=UTC)
    by, approver, at = make.user("officer"), make.user("approver"), madrid - 3 * DAY
    make.member_list(None, *MEMBERS)

    def draft(ends_at: datetime) -> Draft:
        return make.draft(make.row(starts_at=madrid), title="Crane works", starts_at=madrid, ends_at=ends_at)

    first = lifecycle.start(kind="port_downtime", office=make.office(), by=by, now=at)
    make.place()
    first = go_out(first, draft(madrid + timedelta(hours=6)), by=by, approver=approver, at=at)
    second = lifecycle.revise(first.notice, by=by, now=at, action=Version.Action.EXTEND)
    second = go_out(second, draft(madrid + timedelta(hours=9.5)), by=by, approver=approver, at=at)
    expansion.expand(second.publication_id or 0, now=at)
    assert Delivery.objects.filter(publication=second.publication_id).count() == len(MEMBERS)
    told = render.mail(second, "en", now=at).text.split("What has changed")[1]
    line = next(line for line in told.split("\n") if line.startswith("- Ends"))
    assert line.index("04:00 CEST") < line.index("07:30 CEST")


# AUT-25
def test_five_versions_are_one_page_with_the_newest_first_and_each_of_them_readable(storm: list[Version]) -> None:
    reference, after = storm[0].notice.reference, AT[4] + timedelta(hours=1)
    page = page_at(after, f"/en/n/{reference}/")
    assert STORM[4]["text"] in page
    log = section(page, "versions")
    assert [int(part[0]) for part in log.split(">Version ")[1:]] == [5, 4, 3, 2, 1]
    for at in AT:
        assert f'datetime="{at.astimezone(ZoneInfo("America/New_York")).isoformat(timespec="minutes")}"' in log
    for number, told in enumerate(STORM[:4], start=1):
        older = page_at(after, f"/en/n/{reference}/{number}/")
        assert told["text"] in older and "This is an earlier version." in older
    assert Notice.objects.published(after).count() == 1


# AUT-28
def test_link_in_a_mail_leads_to_the_notice_after_it_was_renamed() -> None:
    first = make.issued(title="Gale")
    sent = html.fromstring(render.mail(first, "en", now=make.now()).html)
    (link,) = (path for path in sent.xpath("//a/@href") if f"/n/{first.notice.reference}" in path)
    make.next_version(first.notice, title="Hurricane")
    page = page_at(make.now(), urlsplit(link).path)
    assert "Gale" in page and "Read version 2, the newest" in page
    assert "Hurricane" in page_at(make.now(), f"/n/{first.notice.reference}")
