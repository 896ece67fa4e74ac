"""Paper: the page of a notice is one A4, however much was written, and says how to see whether it still holds."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from notices.digest import fingerprint
from notices.models import Version
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sheets(page: Any, address: str) -> int:
    page.goto(address)
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def on_paper(page: Any) -> str:
    page.emulate_media(media="print")
    words = str(page.locator("body").inner_text())
    page.emulate_media(media="screen")
    return words


def test_notice_prints_on_one_sheet_with_all_that_a_gate_needs(page: Any, live_server: Any) -> None:
    version = make.issued(next_update_at=make.in_hours(4), title="Gale")
    make.next_version(version.notice, title="Gale, longer")
    newest = version.notice.versions.get(number=2)
    assert sheets(page, f"{live_server.url}/en/n/{version.notice.reference}/") == 1
    words = on_paper(page)
    for said in (
        f"{version.notice.reference}, version 2", fingerprint(newest), f"/n/{version.notice.reference}/2",
        "Printed from", "/verify", "UTC", "Closed to cargo", "Algeciras", "Do not send lorries.", "Next update by",
    ):  # fmt: skip
        assert said in words, said
    assert page.locator(".f-print svg").count() == 1
    for left_out in ("Follow by e-mail", "Sign in", "More at", "Short text"):
        assert left_out not in words, left_out


def test_exercise_says_on_paper_that_it_is_one(page: Any, live_server: Any) -> None:
    version = make.issued(title="Exercise: gale", status="Exercise")
    assert sheets(page, f"{live_server.url}/en/n/{version.notice.reference}/") == 1
    assert "EXERCISE: this is not a real event." in on_paper(page)


STEP = "- Lorries with a slot take the second gate, those without wait at the park until they are called up.\n"
PROSE = "The wind tore a roof from the shed, and nobody may pass below it until it is lifted. "


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("lines", [(1, 60), (60, 1), (60, 60)])
def test_very_long_notice_is_cut_on_paper_and_says_where_the_rest_is(
    page: Any, live_server: Any, language: str, lines: tuple[int, int]
) -> None:
    codes = ("ESIRU", "FRHEN", "ESALG", "GBDVR", "FRLEH")
    rows = [make.row(make.place(code), traffic=["cargo"], starts_at=make.now()) for code in codes]
    rows += [make.row(make.place(code), traffic=["crew"], status="restricted") for code in codes[:2]]
    version = make.issued(
        *rows, title="Wind, " * 20, contact="The desk at the gate, " * 9, cause="storm",
        instruction=STEP * lines[0], body=PROSE * lines[1], next_update_at=make.in_hours(4),
        reopens_earliest=make.in_hours(5), reopens_latest=make.in_hours(50),
    )  # fmt: skip
    assert sheets(page, f"{live_server.url}/{language}/n/{version.notice.reference}/") == 1
    words = on_paper(page)
    more = {"en": "More at", "fr": "Suite"}[language]
    assert words.count(more) >= sum(count > 1 for count in lines)
    assert "Hendaye" in words and page.locator("h1").inner_text() in words
    assert page.locator("main").inner_text().count("lifted") == lines[1]


def test_a_notice_of_very_many_rows_takes_a_second_sheet_before_it_loses_one(page: Any, live_server: Any) -> None:
    traffics = ("cargo", "empties", "relief", "crew")
    codes = list(make._places())[:24]
    rows = [
        make.row(make.place(code), traffic=[traffic], status=("closed", "restricted")[(at + turn) % 2])
        for turn, code in enumerate(codes) for at, traffic in enumerate(traffics[: turn % 4 + 1])
    ]  # fmt: skip
    version = make.issued(*rows)
    sheets(page, f"{live_server.url}/en/n/{version.notice.reference}/")
    words = on_paper(page)
    assert all(code in words for code in codes) and "Printed from" in words


def test_every_notice_of_the_demo_prints_on_one_sheet(page: Any, live_server: Any, settings: Any) -> None:
    settings.FAIRWAY_DEMO = True
    call_command("load_demo", stderr=StringIO())
    found = list(Version.objects.public().order_by("pk").values_list("notice__reference", "number"))
    for turn, (reference, number) in enumerate(found):
        language = ("en", "fr", "es")[turn % 3]
        path = f"/{language}/n/{reference}/{number}/"
        assert sheets(page, live_server.url + path) == 1, path
    assert len(found) > 30
