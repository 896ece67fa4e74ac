"""What every walk does on every page: signs in, looks for barriers, keeps a picture if asked to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def sign_in(page: Any, url: str, user: Any) -> None:
    """Gives the browser the session of `user`; the walk through the sign-in pages is a test of its own."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def check(page: Any, name: str) -> None:
    """No barrier by axe, nothing wider than the screen, at desk and phone width.

    FAIRWAY_SHOTS: a folder for pictures.
    """
    shots = os.environ.get("FAIRWAY_SHOTS")
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page, options=WCAG)
        assert results.violations_count == 0, f"{name} at {width} px:\n{results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width} px"
        if shots:
            page.screenshot(path=Path(shots) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def watch(page: Any, url: str) -> list[str]:
    """Collects console errors and requests that leave the site; empty at the end of a good walk."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((url, "data:")) else found.append(request.url),
    )
    return found
