"""Situations that officers get into while they write and change notices, each with the outcome that is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


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
