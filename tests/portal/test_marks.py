"""A reader who has a page gets it again at each moment at which it says something else, and only then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notices.formats import FEEDS
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MONDAY = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)


def paths(version: Version) -> list[str]:
    reference = version.notice.reference
    feeds = [reverse(feed.name) for feed in FEEDS]
    api = [f"/api/v1/{path}" for path in ("notices/", f"notices/{reference}/", f"notices/{reference}/versions/",
                                          "places/", "places/ESALG/")]  # fmt: skip
    return ["/en/", "/en/places/", "/en/places/ESALG/", f"/en/n/{reference}/", *feeds, *api]


def marks(client: Client, version: Version, at: datetime) -> dict[str, str]:
    with make.clock_at(at):
        return {path: client.get(path)["ETag"] for path in paths(version)}


def again(client: Client, version: Version, known: dict[str, str], at: datetime) -> set[int]:
    with make.clock_at(at):
        return {client.get(path, headers={"if-none-match": known[path]}).status_code for path in paths(version)}


def test_clock_is_walked_over_each_moment_of_version_and_rows(client: Client) -> None:
    hours = [MONDAY + timedelta(hours=n) for n in range(2, 9)]  # within one day, since a calendar turns with it
    starts, own_start, due, earliest, own_end, latest, _ends = hours
    own = make.row(make.place("GBDVR"), starts_at=own_start, ends_at=own_end, ends_local=f"{own_end:%Y-%m-%dT%H:%M}")
    with make.clock_at(MONDAY):
        version = make.issued(
            make.row(starts_at=starts), own, starts_at=starts, next_update_at=due, reopens_earliest=earliest,
            reopens_latest=latest, title="Gale",
        )  # fmt: skip
    for moment in (starts, own_start, due, own_end, latest):
        before = marks(client, version, moment - MINUTE)
        assert again(client, version, before, moment - MINUTE / 2) == {304}, moment
        assert again(client, version, before, moment) == {200}, moment


def test_end_of_a_notice_changes_every_page_that_shows_it(client: Client) -> None:
    ends = make.in_hours(3)
    version = make.issued(ends_at=ends, title="Gale")
    before = marks(client, version, ends - MINUTE)
    assert again(client, version, before, ends) == {200}


def test_weekly_pattern_opens_and_closes_the_pages_too(client: Client) -> None:
    with make.clock_at(MONDAY):
        night = make.row(starts_at=MONDAY, qualifier={"hours": "18:00-06:00", "days": "daily"}, time_zone="UTC")
        version = make.issued(night, starts_at=MONDAY, title="Nights")
    for hour in (18, 30, 42):  # it closes at six in the evening and opens at six in the morning
        moment = MONDAY.replace(hour=0) + timedelta(hours=hour)
        before = marks(client, version, moment - MINUTE)
        assert again(client, version, before, moment - MINUTE / 2) == {304}
        assert again(client, version, before, moment) == {200}
