"""An officer closes a port and a second person approves, on a phone's width and with nothing but the keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notices.models import Version
from portal.demo.accounts import code_of
from tests import make

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUS = r"""() => {
    const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
    const words = one.labels?.length ? [...one.labels].map(label => label.textContent).join(' ')
        : one.getAttribute('aria-label') || one.textContent;
    return { id: one.id, tag: one.tagName, words: words.replace(/\s+/g, ' ').trim(),
        inside: document.querySelector('main').contains(one),
        ringed: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2,
        on_screen: [.1, .5, .9].some(part => {  // and not wholly behind what sticks to the screen (2.4.11)
            const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * part);
            return one.contains(there) || there?.contains(one); }) };
}"""


class Hands:
    """On the keyboard alone; every stop of the focus must be seen."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def focus(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(FOCUS)
        return found

    def tab(self) -> dict[str, Any]:
        self.page.keyboard.press("Tab")
        at = self.focus()
        if at["tag"] != "BODY":
            assert at["ringed"] and at["on_screen"], f"the focus is not seen at {self.page.url}: {at}"
        return at

    def to(self, target: str) -> None:
        """Tabs to what is called `target`, or has the id `#target`."""
        at, stops = self.focus(), []
        while not (at["id"] == target[1:] if target[0] == "#" else at["words"] == target):
            at = self.tab()
            stops.append(at["id"] or at["words"])
            assert len(stops) < 90, f"{target} cannot be reached at {self.page.url}: {stops}"

    def write(self, target: str, words: str) -> None:
        self.to(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(words)

    def press(self, target: str, key: str = "Enter") -> None:
        """A key that opens another page."""
        self.to(target)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def sign_in(self, url: str, person: Any) -> None:
        self.page.goto(url + reverse("account_login"))
        self.write("#id_login", person.email)
        self.write("#id_password", make.PASSWORD)
        self.press("#id_password")
        self.write("#id_code", code_of(person))
        self.press("#id_code")
        assert self.page.url.endswith("/desk/")


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

    hands.sign_in(live_server.url, officer)
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

    hands.sign_in(live_server.url, approver)
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
