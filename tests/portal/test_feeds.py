"""One set by every way out: Atom, JSON Feed, CAP index, GeoJSON, calendar and table ask the same question."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar
from lxml import etree, html

from contacts.models import Place
from notices.formats import FEEDS
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases"
REFERENCE = re.compile(r"\b[A-Z]{2}-\d{4}-\d{4}\b")
TYPES = {
    "application/atom+xml", "application/feed+json", "application/cap+xml", "application/geo+json", "text/calendar",
    "text/csv",
}  # fmt: skip


def get(client: Client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, path
    content: bytes = answer.content
    return content


def told(client: Client, file: str, query: str = "") -> set[str]:
    return set(REFERENCE.findall(get(client, f"/en/{file}{query}").decode()))


@pytest.fixture
def week() -> list[Version]:
    """Something of every state: in force, planned, over, withdrawn; at two places, one without coordinates."""
    Place.objects.filter(pk=make.place().pk).update(latitude=36.13, longitude=-5.44)
    bare = make.place("GBDVR")
    bare.latitude = bare.longitude = None
    bare.save()
    strike = make.issued(make.row(bare), title="Strike", severity="Moderate")
    works = make.issued(title="Works", kind="system_outage", starts_at=make.in_hours(9), ends_at=make.in_hours(19))
    fog = make.issued(title="Fog", ends_at=make.in_hours(2))
    gone = make.issued(title="Mistake")
    return [strike, works, fog, make.next_version(gone.notice, action="withdraw")]


def test_every_feed_tells_of_the_same_set(client: Client, week: list[Version]) -> None:
    make.issued(title="Exercise: Drill", status="Exercise")
    make.pending(title="Draft")
    today = f"{make.now():%Y-%m-%d}"
    for query in (
        "", "?q=Dover", "?place=ESALG", "?severity=Moderate", "?kind=system_outage", "?q=nowhere", "?state=withdrawn",
        "?state=planned&place=ESALG", f"?since={today}", f"?until={today}&mode=maritime", "?language=fr",
        "?history=true",
    ):  # fmt: skip
        sets = {feed.name: told(client, feed.file, query) for feed in FEEDS}
        sets["api"] = {one["reference"] for one in client.get(f"/api/v1/notices/{query}").json()["results"]}
        assert len(set(map(frozenset, sets.values()))) == 1, (query, sets)
    with make.clock_at(make.in_hours(3)):
        assert all(len(told(client, feed.file)) == len(week) for feed in FEEDS)
    with make.clock_at(make.in_hours(24 * 32)):
        assert {len(told(client, feed.file)) for feed in FEEDS} == {1}  # the strike has no end


def test_page_carries_exactly_one_link_for_each_type(client: Client, week: list[Version]) -> None:
    asked = {
        "": "", "?q=Dover": "?q=Dover", "?place=ESALG&mode=maritime": "?place=ESALG&mode=maritime",
        "places/": "", "places/?q=Dover&traffic=travellers": "?q=Dover", "map/?mode=air": "?mode=air",
        "places/ESALG/": "?place=ESALG",
    }  # fmt: skip
    for path, query in asked.items():
        page = html.fromstring(get(client, f"/en/{path}").decode())
        links = page.xpath('//link[@rel="alternate"]')
        assert sorted(link.get("type") for link in links) == sorted(TYPES)
        for link in links:
            assert client.get(link.get("href")).status_code == 200
            assert link.get("href").endswith(query)


def test_index_leads_to_messages_of_its_type(client: Client, week: list[Version]) -> None:
    entries = etree.fromstring(get(client, "/en/cap.atom")).findall("{*}entry")
    assert len(entries) == len(week)
    for entry in entries:
        link = entry.find("{*}link[@rel='alternate']")
        assert link is not None and link.get("type") == "application/cap+xml"
        answer = client.get(link.get("href").removeprefix("http://localhost:8000"))
        assert answer["Content-Type"].startswith("application/cap+xml")
        reference = entry.findtext("{*}title", "").split("] ")[-1].split()[0]
        number = link.get("href").split("/")[-2]
        assert etree.fromstring(answer.content).findtext("{*}identifier") == f"{reference}-{number}"
    assert client.get("/n/PD-1999-0001/1/cap.xml").status_code == 404


# API-03, p-01
def test_no_feed_names_a_person_and_each_says_what_it_must(client: Client, week: list[Version]) -> None:
    must = json.loads((CASES / "api" / "p-01-public-notice-fields.json").read_text())
    assert must["must_appear"]
    for feed in FEEDS:
        text = get(client, f"/en/{feed.file}").decode()
        for secret in (week[0].author.email, week[0].author.name, "draft"):
            assert secret not in text, feed.name
    items = json.loads(get(client, "/en/feed.json"))["items"]
    for item in items:
        facts = item["_fairway"]
        for name in ("id", "revision", "status", "kind", "places", "starts", "ends", "time_zone", "updated", "url"):
            assert facts[name], name
        assert "replaces" in facts


def test_place_without_coordinates_is_listed_and_never_dropped(client: Client, week: list[Version]) -> None:
    features = json.loads(get(client, "/en/notices.geojson"))["features"]
    (dover,) = [feature for feature in features if feature["properties"]["place"]["code"] == "GBDVR"]
    assert dover["geometry"] is None
    (algeciras, *_more) = [feature for feature in features if feature["properties"]["place"]["code"] == "ESALG"]
    longitude, latitude = algeciras["geometry"]["coordinates"]
    assert (round(longitude), round(latitude)) == (-5, 36)  # RFC 7946, 3.1.1: longitude first
    assert len({feature["id"] for feature in features}) == len(features)


# FEE-06, FEE-09
def test_calendar_keeps_its_events_and_says_what_was_withdrawn(client: Client, week: list[Version]) -> None:
    document = get(client, "/en/notices.ics")
    assert all(len(line) <= 75 for line in document.split(b"\r\n")) and b"\n" not in document.replace(b"\r\n", b"")
    events = {str(event["SUMMARY"]): event for event in Calendar.from_ical(document).walk("VEVENT")}
    (withdrawn,) = [event for title, event in events.items() if title.startswith("WITHDRAWN")]
    assert (withdrawn["STATUS"], withdrawn["SEQUENCE"]) == ("CANCELLED", 1)
    assert str(withdrawn["UID"]) == f"{week[3].notice.uid}@fairway.example"
    for event in events.values():
        for name in ("DTSTART", "DTSTAMP", "LAST-MODIFIED"):
            assert event[name].dt.tzinfo in (UTC, None) or event[name].dt.utcoffset() == timedelta(0)
        assert event["TRANSP"] == "TRANSPARENT"
    assert b"TZID" not in document and b"METHOD:PUBLISH" in document
    (strike,) = [event for title, event in events.items() if "Strike" in title]
    assert "The end is not known" in str(strike["DESCRIPTION"])


# ics/c-01
def test_whole_days_are_days_with_an_exclusive_end(client: Client) -> None:
    begins = datetime(2027, 8, 29, 22, tzinfo=UTC)  # midnight in Madrid
    make.issued(make.row(starts_at=begins), starts_at=begins, ends_at=begins + timedelta(days=3), title="Holiday")
    (event,) = Calendar.from_ical(get(client, "/en/notices.ics")).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2027, 8, 30), date(2027, 9, 2))


# ics/c-05
@pytest.mark.parametrize("title", [
    "Przejście graniczne zamknięte: odprawa ciężarówek wstrzymana w obu kierunkach, objazd przez Hrebenne",
    "항만 폐쇄 안내: 강풍으로 인해 모든 하역 작업이 중단되었습니다. 재개 시각은 추후 공지합니다 🚛",
])  # fmt: skip
def test_long_titles_of_any_script_read_back_unbroken(client: Client, title: str) -> None:
    make.issued(title=title)
    document = get(client, "/en/notices.ics")
    for line in document.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # never cut inside a letter
    (event,) = Calendar.from_ical(document).walk("VEVENT")
    assert title in str(event["SUMMARY"])


def test_table_opens_in_a_spreadsheet_and_runs_nothing(client: Client) -> None:
    make.issued(make.row(), make.row(make.place("GBDVR")), title="=cmd|' /C calc'!A0")
    rows = list(csv.reader(io.StringIO(get(client, "/en/notices.csv").decode("utf-8-sig"))))
    assert [row[5] for row in rows] == ["Code", "ESALG", "GBDVR"]
    assert len({len(row) for row in rows}) == 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


# FEE-04
def test_every_feed_is_valid_and_empty_when_nothing_is_in_force(client: Client) -> None:
    documents = {feed.name: get(client, f"/en/{feed.file}") for feed in FEEDS}
    assert json.loads(documents["feed_json"])["items"] == []
    assert json.loads(documents["feed_geojson"])["features"] == []
    assert list(Calendar.from_ical(documents["feed_calendar"]).walk("VEVENT")) == []
    assert documents["feed_csv"].decode("utf-8-sig").startswith("Number,")
    for name in ("feed_atom", "feed_cap"):
        assert etree.fromstring(documents[name]).findall("{*}entry") == []


# FEE-03
def test_control_characters_break_no_feed(client: Client) -> None:
    old = make.place("GBDVR")
    Place.objects.filter(pk=old.pk).update(names={"en": "Dover\x0b\x1d\ufffe"})
    make.issued(make.row(make.place()), make.row(Place.objects.get(pk=old.pk)), title="Gale\x0b\x1d\uffff stops")
    for feed in FEEDS:
        text: Any = get(client, f"/en/{feed.file}").decode()
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text), feed.name


def test_one_question_may_name_several_places_and_is_the_same_in_any_order(client: Client) -> None:
    """A haulier follows the ports of one route by one address."""
    for code in ("ESALG", "GBDVR", "FRDKK"):
        make.issued(make.row(make.place(code)), title=f"Gale at {code}")
    lists = ("/en/", "/en/notices/", "/api/v1/notices/", "/en/widget/", *(reverse(feed.name) for feed in FEEDS))
    for path in lists:
        answer = client.get(path, {"place": "gbdvr, FRDKK"})
        text = answer.content.decode()
        told = {code for code in ("ESALG", "GBDVR", "FRDKK") if f"Gale at {code}" in text}
        assert (answer.status_code, told) == (200, {"GBDVR", "FRDKK"}), path
    feeds = [client.get(reverse("feed_json"), {"place": asked}).json() for asked in ("GBDVR,FRDKK", "frdkk ,GBDVR")]
    assert feeds[0]["title"] == feeds[1]["title"] and "FRDKK, GBDVR" in feeds[0]["title"]
    assert client.get("/en/", {"place": "GBDVR,Calais"}).status_code == 400
