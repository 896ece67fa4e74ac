"""A reader without an account, on a desk and on a phone: what is in force, one notice, a lost page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests import make

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_reader_finds_what_is_in_force_and_what_it_means(page: Any, live_server: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    page.emulate_media(reduced_motion="reduce")  # a colour that is still changing has no contrast yet
    page.goto(live_server.url + "/en/")
    pages.check(page, "public-nothing")
    dover = make.place("GBDVR")
    travellers = make.row(dover, traffic=["essential_travellers", "other_travellers"])
    cargo = make.row(dover, status="open", traffic=["cargo", "empties", "relief", "live_perishable"])
    first = make.issued(travellers, cargo, title="Dover, ferry terminal", severity="Severe")
    make.issued(title="Algeciras, gale", starts_at=make.in_hours(20), next_update_at=make.in_hours(9))
    withdrawn = make.issued(make.row(make.place("ESALG")), title="Algeciras, strike")
    make.next_version(withdrawn.notice, title="Algeciras, strike", action="withdraw")
    page.reload()  # the page may be kept for four seconds
    pages.check(page, "public-home")
    page.get_by_role("link", name="Closed to travellers").first.click()
    pages.check(page, "public-notice")
    assert first.notice.reference in page.content()
    page.get_by_role("link", name="Français").click()
    assert page.url.endswith(f"/fr/n/{first.notice.reference}/")
    pages.check(page, "public-notice-fr")
    page.emulate_media(color_scheme="dark")
    pages.check(page, "public-notice-dark")
    page.goto(live_server.url + f"/en/n/{withdrawn.notice.reference}/")
    assert page.get_by_role("heading", level=1).inner_text() == "Algeciras, strike"
    assert page.locator(".s-closed").count() == 0
    pages.check(page, "public-withdrawn-dark")
    assert wrong == []


def test_lost_reader_is_led_back(page: Any, live_server: Any) -> None:
    page.goto(live_server.url + "/en/n/PD-1999-0001/")
    pages.check(page, "public-404")
    page.get_by_role("link", name="In force now").first.click()
    assert page.url == live_server.url + "/en/"


def test_sign_in_pages_have_no_barrier(page: Any, live_server: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    for name in ("login", "password/reset"):
        page.goto(f"{live_server.url}/en/accounts/{name}/")
        pages.check(page, f"public-{name.replace('/', '-')}")
    assert wrong == []


# TIM-13
@pytest.mark.parametrize("script", [True, False])
def test_reader_far_away_sees_the_time_of_the_port_and_utc_and_nothing_jumps(
    new_context: Any, live_server: Any, script: bool
) -> None:
    start = datetime(2027, 7, 7, 13, 0, tzinfo=UTC)
    version = make.issued(make.row(make.place("GBDVR"), starts_at=start), starts_at=start, time_zone="Europe/London")
    page = new_context(timezone_id="Asia/Tokyo", locale="ja-JP", java_script_enabled=script).new_page()
    page.goto(live_server.url + f"/en/n/{version.notice.reference}/", wait_until="networkidle")
    shown = page.locator("dl time").first
    assert "Wed 7 Jul 2027, 14:00 BST" in shown.inner_text() and "13:00 UTC" in page.locator("dl").first.inner_text()


PLACE_OF = """(element, sign) => {
    const range = document.createRange(), text = element.firstChild, at = text.data.indexOf(sign);
    range.setStart(text, at), range.setEnd(text, at + 1);
    return range.getBoundingClientRect().x;
}"""


# TIM-15
def test_arabic_title_ends_with_its_full_stop_at_the_left_and_its_time_is_not_reversed(
    page: Any, live_server: Any
) -> None:
    version = make.issued(title="ميناء بورتسودان مغلق حتى 18:00.")
    for path in ("/en/", f"/en/n/{version.notice.reference}/"):
        page.goto(live_server.url + path)
        title = page.locator(".f-truth__place").element_handle()
        stop, one, eight, first = (page.evaluate(f"title => ({PLACE_OF})(title, {sign!r})", title) for sign in ".18م")
        assert stop < one < eight < first
