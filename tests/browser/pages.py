"""What every walk does on every page: signs in, looks for barriers, keeps a picture if asked to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils.translation import get_language_info

from tests import make

AXE = Axe()
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def sign_in(page: Any, url: str, user: Any) -> None:
    """Gives the browser the session of `user`; the walk through the sign-in pages is a test of its own."""
    client = make.sign_in(Client(), user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def barriers(page: Any, width: int, rules: dict[str, Any] | None = None) -> list[str]:
    """What axe finds at this width, and whether anything is wider than the screen. `rules` adds to those of axe."""
    page.set_viewport_size({"width": width, "height": 900})
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.axe_script)
    results = AxeResults(page.evaluate("options => axe.run(options)", {**WCAG, "rules": rules or {}}))
    found = [f"at {width} px: {results.generate_report()}"] if results.violations_count else []
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"wider than {width} px")
    return found


def contrasts(page: Any) -> list[str]:
    """What axe finds of the contrast alone."""
    results = AxeResults(page.evaluate("axe.run({runOnly: {type: 'rule', values: ['color-contrast']}})"))
    return [results.generate_report()] if results.violations_count else []


def way_of(language: str) -> str:
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def picture(page: Any, name: str, widths: Iterable[int]) -> None:
    """Keeps pictures of the page in the folder FAIRWAY_SHOTS, if there is one."""
    if not (shots := os.environ.get("FAIRWAY_SHOTS")):
        return
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(shots) / f"{name}-{width}.png", full_page=True)


def check(page: Any, name: str) -> None:
    """No barrier by axe, nothing wider than the screen, at desk and phone width."""
    widths = (1280, 390, 320)
    for width in widths:
        assert barriers(page, width) == [], name
    picture(page, name, widths)
    page.set_viewport_size({"width": 1280, "height": 900})


def watch(page: Any, url: str) -> list[str]:
    """Collects console errors and requests that leave the site; empty at the end of a good walk."""
    found: list[str] = []

    def hear(message: Any) -> None:
        # What is no page of ours (a mail, a feed) names no icon; the browser then asks for one by itself.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            found.append(f"{message.text} {message.location['url']}")

    page.on("console", hear)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((url, "data:")) else found.append(request.url),
    )
    return found
