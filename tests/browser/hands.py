"""Two ways to use a page: on the keyboard alone, where every stop of the focus is looked at, or by pointing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from portal.demo.accounts import code_of
from tests import make

PHONE = {"width": 360, "height": 740}
FOCUS = r"""() => {
    const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
    const words = one.labels?.length ? [...one.labels].map(label => label.textContent).join(' ')
        : one.getAttribute('aria-label') || one.textContent;
    return { id: one.id, tag: one.tagName, name: one.name, value: one.value,
        words: words.replace(/\s+/g, ' ').trim(), inside: document.querySelector('main').contains(one),
        ringed: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2,
        on_screen: [.1, .5, .9].some(part => {  // and not wholly behind what sticks to the screen (2.4.11)
            const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * part);
            return one.contains(there) || there?.contains(one); }) };
}"""


class Pointer:
    """Points at what is called so in `language`, or at `#its-id`."""

    def __init__(self, page: Any, language: str = "en") -> None:
        self.page, self.language = page, language
        self.wide: list[str] = []

    def said(self, words: str) -> str:
        """`words` in the language of the page."""
        with translation.override(self.language):
            return " ".join(translation.gettext(words).split())

    def said_of(self, words: str, number: int) -> str:
        """`words` of a counted thing, filled in."""
        with translation.override(self.language):
            return translation.ngettext(words, words, number) % {"n": number}

    def main(self) -> str:
        text: str = self.page.locator("main").inner_text()
        return text.replace("\xa0", " ")  # as `said` says it

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Another page opens; what is wider than the screen there is kept in `wide`."""
        with self.page.expect_navigation():
            yield
        over = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            self.wide.append(f"{over} px wider than the screen: {self.page.url}")

    def complaints(self) -> list[str]:
        found: list[str] = self.page.locator(".f-errors").all_inner_texts()
        return found

    def _there(self, target: str) -> Any:
        if target[0] == "#":
            return self.page.locator(target)
        called = re.compile(rf"^\s*{re.escape(self.said(target))}\s*$")
        return self.page.locator("a:visible, button:visible, summary:visible").filter(has_text=called).first

    def write(self, target: str, words: str) -> None:
        self._there(target).fill(words)

    def day(self, target: str, day: date) -> None:
        self._there(target).fill(day.isoformat())

    def tick(self, target: str) -> None:
        self._there(target).check()

    def choose(self, target: str, value: str) -> None:
        self._there(target).select_option(value)

    def unfold(self, target: str, words: str) -> None:
        """Opens what is folded away behind `words`, next after the field `target`."""
        called = self.page.locator("summary").filter(has_text=self.said(words))
        self.page.locator("fieldset").filter(has=self.page.locator(target)).locator(called).first.click()

    def open(self, target: str) -> None:
        """What is folded away behind its own words."""
        self._there(target).click()

    def attach(self, target: str, file: Path) -> None:
        self._there(target).set_input_files(file)

    def press_labelled(self, words: str, **facts: str) -> None:
        """A button whose words stand in its `aria-label`, since they repeat on the page."""
        with self.leaving():
            self.page.get_by_label(self.said(words) % facts, exact=True).click()

    def press(self, target: str) -> None:
        """Something that opens another page."""
        there = self._there(target)
        with self.leaving():
            there.click()

    def save(self) -> None:
        self.press("Save and look at it")

    def sign_in(self, person: Any, url: str = "") -> None:
        """Through the pages, from `url` on, or from where the browser was sent."""
        if url:
            self.page.goto(url + reverse("account_login"))
        self.write("#id_login", person.email)
        self.write("#id_password", make.PASSWORD)
        self.enter()
        if code := code_of(person):
            self.write("#id_code", code)
            self.enter()

    def enter(self) -> None:
        with self.leaving():
            self.page.keyboard.press("Enter")


class Hands(Pointer):
    """On the keyboard alone; every stop of the focus must be seen."""

    def __init__(self, page: Any, language: str = "en") -> None:
        super().__init__(page, language)
        # Heard from the start: the browser is asked once, and not in a race with the key that opens the chooser.
        page.on("filechooser", lambda _choice: None)

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
        wanted = target[1:] if target[0] == "#" else self.said(target)
        self._until(lambda at: wanted == (at["id"] if target[0] == "#" else at["words"]), target)

    def _until(self, there: Any, target: str) -> None:
        at, stops = self.focus(), []
        while not there(at):
            at = self.tab()
            stops.append(at["id"] or at["words"])
            assert len(stops) < 120, f"{target} cannot be reached at {self.page.url}: {self.complaints() or stops}"

    def save(self) -> None:
        """Enter in a line of text is its form's first button; from elsewhere one goes to the button."""
        if self.focus()["tag"] == "INPUT":
            self.enter()
        else:
            super().save()

    def write(self, target: str, words: str) -> None:
        self.to(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(words)

    def day(self, target: str, day: date) -> None:
        self.to(target)
        self.page.keyboard.type(f"{day:%m%d%Y}")

    def tick(self, target: str) -> None:
        """A box by the space bar; one of several buttons by the arrows from the one that has the focus."""
        group = self.page.locator(target).get_attribute("name")
        if self.page.locator(target).get_attribute("type") == "radio":
            self._until(lambda at: at["name"] == group, target)
            for _step in range(12):
                if self.focus()["id"] == target[1:]:
                    break
                self.page.keyboard.press("ArrowDown")
        self.to(target)
        if not self.page.locator(target).is_checked():
            self.page.keyboard.press("Space")

    def choose(self, target: str, value: str) -> None:
        self.to(target)
        self.page.keyboard.press("Home")
        for _step in range(40):
            if self.focus()["value"] == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{target} offers no {value}")

    def unfold(self, target: str, words: str) -> None:
        self.to(target)
        self.to(words)
        self.page.keyboard.press("Enter")

    def open(self, target: str) -> None:
        self.to(target)
        self.page.keyboard.press("Enter")

    def attach(self, target: str, file: Path) -> None:
        self.to(target)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        chooser.value.set_files(file)

    def press_labelled(self, words: str, **facts: str) -> None:
        self.press(self.said(words) % facts)

    def press(self, target: str, key: str = "Enter") -> None:
        """A key that opens another page."""
        self.to(target)
        with self.leaving():
            self.page.keyboard.press(key)


# A day is done twice: at a desk by keyboard, and, in the long lane, on a phone in French with scripts off.
DAYS = [
    pytest.param(Hands, {"viewport": {"width": 1280, "height": 900}}, "en", id="by-keyboard"),
    pytest.param(
        Pointer,
        {"viewport": PHONE, "java_script_enabled": False},
        "fr",
        id="in-french-without-script",
        marks=pytest.mark.long,
    ),
]
