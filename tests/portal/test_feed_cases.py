"""The files of tests/cases/feeds and tests/cases/ics: what is good there our feeds do, and nothing that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from icalendar import Calendar
from lxml import etree

from notices.formats import FEEDS
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases"
DAY = timedelta(days=1)


def faults_of_calendar(document: bytes) -> set[str]:
    found = set()
    if any(len(line) > 75 for line in document.splitlines()):
        found.add("a line of more than 75 octets")
    for event in Calendar.from_ical(document).walk("VEVENT"):
        for name in ("DTSTART", "DTEND"):
            if name in event and isinstance(event[name].dt, datetime):
                found |= {"a floating time"} if event[name].dt.tzinfo is None else set()
                found |= {"a zone without its definition"} if event[name].params.get("TZID") else set()
        cancelled = event.get("STATUS") == "CANCELLED" and event["SEQUENCE"] > 0
        if "WITHDRAWN" in event["SUMMARY"].upper() and not cancelled:
            found.add("withdrawn and not cancelled")
    return found


def faults_of_atom(document: bytes) -> set[str]:
    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError:
        return {"no XML"}
    found, entries = set(), root.findall("{*}entry")
    ids = [root.findtext("{*}id", ""), *(entry.findtext("{*}id", "") for entry in entries)]
    if not all(re.match(r"(tag:|urn:uuid:)\S+$", one) for one in ids):
        found.add("an id that is no lasting one")
    if len(set(ids)) < len(ids):
        found.add("two of one id")
    if len(entries) > 2 and len({entry.findtext("{*}updated") for entry in entries}) == 1:
        found.add("one time for all")
    if any(urlsplit(link.get("href")).hostname == "127.0.0.1" for link in root.iter("{*}link")):
        found.add("a link to this machine")
    return found


FAULTS = {
    "f-01": set(),
    "f-02": {"an id that is no lasting one", "two of one id", "one time for all", "a link to this machine"},
    "f-03": {"no XML"},
    "f-04": set(),
    "c-01": set(),
    "c-02": set(),
    "c-03": {"a floating time"},
    "c-04": {"a zone without its definition"},
    "c-05": set(),
}


@pytest.mark.parametrize("path", [*CASES.glob("feeds/*"), *CASES.glob("ics/*")], ids=lambda path: path.name)
def test_each_case_is_judged_as_its_page_says(path: Path) -> None:
    judge: Callable[[bytes], set[str]] = faults_of_calendar if path.suffix == ".ics" else faults_of_atom
    assert judge(path.read_bytes()) == FAULTS[path.name[:4]]


# FEE-01, FEE-35
def test_ours_are_good_forms_and_every_title_says_what_is_past(client: Client) -> None:
    make.issued(title="Gale", ends_at=make.in_hours(2))
    make.next_version(make.issued(title="Mistake").notice, action="withdraw")
    make.issued(title="Storm")
    with make.clock_at(make.in_hours(3)):
        documents = {feed.name: client.get(f"/en/{feed.file}").content for feed in FEEDS}
    assert faults_of_atom(documents["feed_atom"]) == faults_of_atom(documents["feed_cap"]) == set()
    assert faults_of_calendar(documents["feed_calendar"]) == set()
    for name in ("feed_atom", "feed_cap", "feed_json"):
        text = documents[name].decode()
        assert "[Over] " in text and "[Withdrawn] " in text, name
    calendar = documents["feed_calendar"].decode()
    assert "SUMMARY:OVER: " in calendar and "SUMMARY:WITHDRAWN: " in calendar
    states = {feature["properties"]["state"] for feature in json.loads(documents["feed_geojson"])["features"]}
    assert states == {"current", "over", "withdrawn"}


def ids(client: Client) -> dict[str, list[str]]:
    entries = etree.fromstring(client.get("/en/feed.atom").content).findall("{*}entry/{*}id")
    messages = etree.fromstring(client.get("/en/cap.atom").content).findall("{*}entry/{*}id")
    events = Calendar.from_ical(client.get("/en/notices.ics").content).walk("VEVENT")
    return {
        "atom": [str(one.text) for one in entries],
        "cap": [str(one.text) for one in messages],
        "json": [one["id"] for one in client.get("/en/feed.json").json()["items"]],
        "geojson": [one["id"] for one in json.loads(client.get("/en/notices.geojson").content)["features"]],
        "api": [one["id"] for one in client.get("/api/v1/notices/").json()["results"]],
        "calendar": [str(one["UID"]) for one in events],
    }


# FEE-01
def test_ids_stay_the_same_from_first_word_to_withdrawal_and_in_each_language(client: Client) -> None:
    notice = make.issued(title="Gale").notice
    first = ids(client)
    assert all(len(found) == 1 for found in first.values())
    make.next_version(notice, title="Gale, longer")
    assert ids(client) == first
    make.next_version(notice, action="withdraw")
    assert ids(client) == first
    french = client.get("/fr/feed.json").json()["items"]
    assert [one["id"] for one in french] == first["json"]


# FEE-01
def test_updated_moves_with_what_was_said_and_not_with_the_clock(client: Client) -> None:
    make.issued(title="Gale", next_update_at=make.in_hours(2))
    seen = []
    for hours in (0, 1, 3, 30):
        with make.clock_at(make.in_hours(hours)):
            root = etree.fromstring(client.get("/en/feed.atom").content)
            seen.append([root.findtext("{*}updated"), root.findtext("{*}entry/{*}updated")])
    assert seen == [seen[0]] * 4


def test_feed_of_one_place_is_not_updated_by_news_of_another(client: Client) -> None:
    make.issued(title="Gale")

    def updated(query: str) -> str | None:
        return etree.fromstring(client.get(f"/en/feed.atom{query}").content).findtext("{*}updated")

    before = updated("?place=ESALG")
    later = make.in_hours(1)
    dover = make.row(make.place("GBDVR"))
    make.next_version(make.issued(dover, title="Strike").notice, dover, title="Strike goes on", at=later)
    with make.clock_at(later):
        assert updated("?place=ESALG") == before
        assert updated("?place=GBDVR") == updated("") == later.isoformat()


def test_each_question_has_a_feed_with_a_name_and_an_id_of_its_own(client: Client) -> None:
    make.place()
    questions = ("", "?place=ESALG", "?mode=road&place=esalg", "?q=Dover", "?history=true")
    roots = {query: etree.fromstring(client.get(f"/en/feed.atom{query}").content) for query in questions}
    titles = [root.findtext("{*}title", "") for root in roots.values()]
    assert titles[:4] == [f"Customs notices in force{asked}" for asked in ("", ": ESALG", ": Road, ESALG", ": Dover")]
    assert len({root.findtext("{*}id") for root in roots.values()}) == len(questions)
    again = etree.fromstring(client.get("/en/feed.atom?place=ESALG&mode=road&utm_source=x").content)
    assert again.findtext("{*}id") == roots["?mode=road&place=esalg"].findtext("{*}id")
    assert client.get("/en/feed.json?place=ESALG").json()["title"].endswith(": ESALG")
    assert b"NAME:Fairway: Customs notices: ESALG" in client.get("/en/notices.ics?place=ESALG").content


def test_history_is_told_page_by_page_and_every_form_says_where_it_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.pages.public.MOST", 2)
    wanted = {str(make.issued(title=f"Gale {number}").notice.reference) for number in range(5)}
    for feed in FEEDS:
        url, found, pages = f"/en/{feed.file}?history=true", list[str](), 0
        while url:
            answer = client.get(url)
            found += sorted({one for one in wanted if one in answer.content.decode()})
            url = answer["Link"].removeprefix("<http://localhost:8000").split(">")[0] if "Link" in answer else ""
            pages += 1
        assert (pages, sorted(found)) == (3, sorted(wanted)), feed.name
    first = client.get("/en/feed.json?history=true").json()
    assert first["next_url"] == "http://localhost:8000/en/feed.json?history=true&page=2"
    assert b'rel="next"' in client.get("/en/feed.atom?history=true&page=2").content
    assert b'rel="next"' not in client.get("/en/feed.atom?history=true&page=3").content
    wrong = client.get("/en/feed.atom?history=true&page=0")
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (400, "page")
    assert len(client.get("/en/feed.json").json()["items"]) == 5


def event_at(client: Client, moment: datetime) -> tuple[datetime, datetime]:
    with make.clock_at(moment):
        (event,) = Calendar.from_ical(client.get("/en/notices.ics").content).walk("VEVENT")
    return event["DTSTART"].dt, event["DTEND"].dt


# AUT-12
@pytest.mark.parametrize("due", [None, 5], ids=["without a next word", "whose next word is late"])
def test_closure_without_an_end_stands_in_the_calendar_on_every_day(client: Client, due: float | None) -> None:
    version: Version = make.issued(title="Gale", next_update_at=due and make.in_hours(due))
    if due:
        assert event_at(client, make.now())[1] == version.next_update_at
    for days in (1, 3, 40):
        begins, ends = event_at(client, make.now() + days * DAY)
        assert begins == version.sent_at.replace(microsecond=0)
        assert DAY <= ends - (make.now() + days * DAY) <= 2 * DAY


def test_calendar_that_was_read_yesterday_is_read_again_today(client: Client) -> None:
    make.issued(title="Gale")
    noon = datetime.combine(date.today() + 2 * DAY, datetime.min.time(), make.now().tzinfo) + DAY / 2
    marks = []
    for moment in (noon, noon + DAY / 4, noon + DAY):
        with make.clock_at(moment):
            marks.append((client.get("/en/notices.ics")["ETag"], client.get("/en/feed.atom")["ETag"]))
    (first, atom), later, tomorrow = marks
    assert later == (first, atom) and tomorrow[0] != first and tomorrow[1] == atom
