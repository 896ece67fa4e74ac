"""The page on which a developer reads and tries the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_developer_reads_and_tries_the_api_with_no_word_from_elsewhere(page: Any, live_server: Any) -> None:
    version = make.issued(title="Gale")
    noise = pages.watch(page, live_server.url)
    page.goto(f"{live_server.url}/api/v1/docs/")
    operation = page.locator("#operations-notices-notices_list")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table").get_by_text(version.notice.reference).first.wait_for()
    page.locator("#operations-notices-notices_create").get_by_role("button").first.click()
    page.get_by_text("Idempotency-Key").first.wait_for()
    assert noise == []
    pages.picture(page, "api-docs", (1280, 390))


def test_without_script_the_page_says_where_the_description_is(browser: Any, live_server: Any) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/api/v1/docs/")
    assert page.get_by_role("link", name="description of the API").get_attribute("href") == "/api/v1/schema/"
