"""Barriers that officers and readers really met, each with the outcome that is right."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import html

from base.words import PlaceStatus
from contacts.models import Place
from notices.models import Version
from tests import make

from .test_live import typed

pytestmark = pytest.mark.django_db
CODES = ("ESALG", "GBDVR", "ESVLC", "FRCQF", "MAPTM", "ESBCN")
COLOURED = """//*[not(ancestor-or-self::*[@aria-hidden="true"])]
    [contains(concat(" ", @class), " s-") or contains(concat(" ", @class), " d-mark")]"""


@pytest.fixture
def officer() -> Any:
    make.place("ESALG")
    client = make.sign_in(Client(), make.user("officer"))
    client.post("/en/desk/new/", {"kind": "port_downtime", "office": make.office().pk})
    return client


def edit(officer: Any, **changes: Any) -> tuple[int, Any]:
    answer = officer.post(f"/en/desk/v/{Version.objects.get().uid}/edit/", typed(**changes), follow=True)
    return answer.status_code, html.fromstring(answer.content.decode())


# A11-01
def test_no_status_is_told_by_colour_alone(client: Client) -> None:
    words = {status.value: str(status.label) for status in PlaceStatus}
    for code, status in zip(CODES, words, strict=True):
        place = make.place(code)
        Place.objects.filter(pk=place.pk).update(longitude=1.0 + len(code), latitude=40.0)
        make.issued(make.row(place, status=status), title=f"It is {status}")
    for path in ("", "places/", "map/", "widget/", "notices/", *(f"places/{code}/" for code in CODES)):
        page = html.fromstring(client.get(f"/en/{path}").content.decode())
        found = page.xpath(COLOURED)
        assert found, path
        for one in found:
            said = f"{one.get('aria-label') or ''} {one.text_content()}".strip()
            assert said, (path, html.tostring(one)[:200])
        for tag in page.find_class("f-status"):
            assert tag.find(".//svg") is not None and tag.text_content().strip(), (path, tag.text_content())
    board = html.fromstring(client.get("/en/places/").content.decode())
    signs = {tag.text_content().strip(): tag.find(".//use").get("href") for tag in board.find_class("f-status--tag")}
    assert set(signs) == set(words.values()) and len(set(signs.values())) == len(words), "each has a shape of its own"


# A11-03
@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"starts_date": "31.4.2027"}, "starts_date", "28.3.2027"),
        ({"ends_date": "2027-02-28", "ends_time": "18:00"}, "ends_date", "The end must be after the start."),
    ],
)
def test_wrong_date_is_told_above_and_beside_its_field_and_stays(
    officer: Any, changes: dict[str, str], field: str, said: str
) -> None:
    status, page = edit(officer, **changes)
    assert status == 422
    (summary,) = page.find_class("f-errors")
    (link,) = [one for one in summary.iter("a") if said in one.text_content()]
    control = page.get_element_by_id(link.get("href")[1:])
    assert control.get("name") == field and control.get("value") == changes[field]
    assert control.get("aria-invalid") == "true"
    assert any(said in page.get_element_by_id(one).text_content() for one in control.get("aria-describedby").split())


# A11-04
@pytest.mark.parametrize("time", ["19:30", "7:30 pm", "1930"])
def test_time_says_which_form_it_takes_takes_three_and_plays_back_what_it_understood(officer: Any, time: str) -> None:
    page = html.fromstring(officer.get(f"/en/desk/v/{Version.objects.get().uid}/edit/").content.decode())
    (group,) = page.xpath("//*[@role='group'][.//*[@name='starts_time']]")
    assert "19:30, 7:30 pm or 1930" in page.get_element_by_id(group.get("aria-describedby")).text_content()
    status, page = edit(officer, starts_time=time)
    assert status == 200
    assert "Mon 1 Mar 2027, 19:30 CET (18:30 UTC)" in " ".join(page.text_content().split())
