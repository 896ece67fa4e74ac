"""On somebody else's site: the frame shows there, and no other page of ours does; its links lead out of it."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import make

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Page(BaseHTTPRequestHandler):
    """A page of another site that frames whatever `?show=` names."""

    def do_GET(self) -> None:
        show = parse_qs(urlsplit(self.path).query).get("show", [""])[0]
        frame = f'<iframe src="{show}" width="360"></iframe>'
        body = f'<!doctype html><html lang="en"><title>Port</title><h1>Port</h1>{frame}'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture
def foreign() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("script", [True, False])
def test_frame_shows_on_another_site_and_its_links_open_in_the_whole_window(
    new_context: Any, live_server: Any, foreign: str, script: bool
) -> None:
    version = make.issued(title="Gale")
    context = new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{foreign}/?show={live_server.url}/en/widget/?place=ESALG")
    frame = page.frame_locator("iframe")
    frame.get_by_text("Closed to cargo").wait_for()
    assert frame.locator("body").evaluate("body => body.scrollWidth <= 360") if script else True
    frame.get_by_role("link", name="Gale").click()
    page.wait_for_url(f"{live_server.url}/en/n/{version.notice.reference}/")
    assert context.cookies() == []


def test_no_other_page_shows_in_a_frame_of_another_site(page: Any, live_server: Any, foreign: str) -> None:
    version = make.issued(title="Gale")
    for path in ("/en/", f"/en/n/{version.notice.reference}/", "/en/ask/", "/en/embed/"):
        page.goto(f"{foreign}/?show={live_server.url}{path}", wait_until="networkidle")
        assert page.frame_locator("iframe").locator("main").count() == 0, path


def test_frame_and_the_page_that_hands_it_out_have_no_barrier(page: Any, live_server: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    make.issued(title="Gale")
    make.issued(
        make.row(make.place("GBDVR"), starts_at=make.in_hours(20)), title="Works", starts_at=make.in_hours(20)
    )
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for path in ("widget/", "embed/", "fr/embed/"):
            page.goto(f"{live_server.url}/{path if '/' in path[:3] else 'en/' + path}")
            pages.check(page, f"{path.strip('/').replace('/', '-')}-{scheme}")
    assert wrong == []


def test_one_press_copies_the_line(new_context: Any, live_server: Any) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(f"{live_server.url}/en/embed/")
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#snippet").input_value()
