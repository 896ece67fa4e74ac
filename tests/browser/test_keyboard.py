"""An officer closes a port and a second person approves, on a phone's width and with nothing but the keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notices.models import Version
from tests import make

from . import pages
from .hands import Hands

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def people() -> tuple[Any, Any]:
    officer, approver = make.user("officer"), make.user("approver")
    for person in (officer, approver):
        person.set_password(make.PASSWORD)
        person.save()
        make.sign_in(Client(), person)  # the second factor is set up
    return officer, approver


def test_closure_is_written_and_approved_without_a_mouse(new_context: Any, live_server: Any) -> None:
    page = new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce").new_page()
    wrong, hands = pages.watch(page, live_server.url), Hands(page)
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    officer, approver = people()
    begin = make.now() - timedelta(hours=1)

    hands.sign_in(officer, live_server.url)
    hands.press("Write a notice")
    hands.to("#id_kind_0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    hands.press("Start writing")
    hands.press("Closed to all", "Space")
    hands.write("#id_row-0-place", "ESALG")
    hands.to("#id_starts_date")
    page.keyboard.type(f"{begin:%m%d%Y}")
    hands.write("#id_starts_time", "00:30")
    hands.write("#id_title_en", "Gale: port gates shut")
    hands.press("Save and look at it")
    assert "Closed to cargo and travellers." in page.locator("main").inner_text()
    hands.press("Send to an approver", "Space")
    hands.press("Sign out")

    hands.sign_in(approver, live_server.url)
    page.keyboard.press("Tab")
    hands.press(f"Read and decide: {Version.objects.get().notice}")
    hands.press("Publish to fewer than 3 people now")
    assert page.url.endswith("/sending/")
    hands.to("#stop")
    with page.expect_response("**/sending/"):  # the page looks again by itself
        pass
    page.wait_for_timeout(300)
    assert hands.focus()["id"] == "stop"
    assert not wrong, "\n".join(wrong)


def test_skip_link_leads_past_the_head_of_the_page(page: Any, live_server: Any) -> None:
    hands = Hands(page)
    for name in ("home", "follow", "account_login"):
        page.goto(live_server.url + reverse(name))
        page.evaluate("document.activeElement.blur()")
        assert hands.tab()["words"] == "Skip to content"
        page.keyboard.press("Enter")
        assert hands.tab()["inside"], name
