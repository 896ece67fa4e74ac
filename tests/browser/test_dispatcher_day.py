"""The day of a dispatcher: is the place open to my load, since when, what comes next; board, map and poster."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import Place
from tests import make

from . import pages
from .hands import DAYS, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GOODS = ["cargo", "empties", "relief", "live_perishable"]


@pytest.mark.parametrize(("hands", "screen", "language"), DAYS)
def test_dispatcher_finds_out_about_a_place(
    browser: Any, live_server: Any, hands: type[Pointer], screen: dict[str, Any], language: str
) -> None:
    dover = make.place("GBDVR")
    Place.objects.filter(pk=dover.pk).update(longitude=1.31, latitude=51.13)
    make.place("FRCQF")
    gale = make.issued(
        make.row(dover, traffic=["other_travellers"]), make.row(dover, traffic=GOODS, status="open"),
        title="Dover, ferry terminal", next_update_at=make.in_hours(2), reopens_latest=make.in_hours(9),
        reopens_earliest=make.in_hours(5),
    )  # fmt: skip
    page = browser.new_context(**screen).new_page()
    wrong, who = pages.watch(page, live_server.url), hands(page, language)

    page.goto(f"{live_server.url}/{language}/")
    who.press("Places")
    assert who.said("Partly closed") in who.main() and "Calais" in who.main()

    who.write("#id_q", "zadur")
    who.press("Show")
    assert who.said("No place fits.") in who.main(), "no office of ours is there"
    called = dover.name_in(language)
    who.write("#id_q", called.lower())
    who.press("Show")
    assert "Calais" not in who.main() and "GBDVR" in who.main()
    assert who.said("Expected to reopen between") in who.main()

    who.press(called)
    assert gale.notice.reference in who.main() and who.said("Open") in who.main()
    who.press("Poster for the gate")
    assert page.locator("main svg").count() == 1
    page.go_back()
    who.press("Map")
    assert page.locator("a.d-mark").first.get_attribute("aria-label") == f"{called}: {who.said('Partly closed')}"
    assert (wrong, who.wide) == ([], [])
