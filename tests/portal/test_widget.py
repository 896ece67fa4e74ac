"""The frame for other sites: small, no script, no cookie; it alone may be framed; the page that hands it out."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db
LIMIT = 15_000


def loaded(page: str) -> int:
    """Bytes of the page and of every file that it names, as they lie on the disk."""
    files = re.findall(r'(?:href|src)="/?static/([^"]+)"', page)
    assert files and "<script" not in page and "<img" not in page
    return len(page.encode()) + sum((Path(settings.BASE_DIR) / "static" / name).stat().st_size for name in files)


def test_frame_is_under_15_kb_with_all_that_it_loads(client: Client) -> None:
    codes = list(make._places())
    for number in range(8):
        places = [make.place(code) for code in codes[number * 3 : number * 3 + 3]]
        rows = [make.row(at, traffic=["cargo"], status=status) for at in places for status in ("restricted",)]
        make.issued(*rows, make.row(places[0], traffic=["crew"]), title=f"{number} Ñandú wind at the quay " * 4)
    for language in ("en", "fr", "es"):
        page = client.get(f"/{language}/widget/").content.decode()
        assert loaded(page) < LIMIT
        assert page.count("<li ") == 5 and re.search(r"\b3 (more at|autres sur|más en) Fairway", page)


def test_frame_may_be_shown_anywhere_and_nothing_else_may(client: Client) -> None:
    version = make.issued()
    page = client.get("/en/widget/")
    again = client.get("/en/widget/", headers={"if-none-match": page["ETag"]})
    wrong = client.get("/en/widget/?mode=sea")
    assert (page.status_code, again.status_code, wrong.status_code) == (200, 304, 400)
    for answer in (page, again, wrong):
        assert "frame-ancestors *" in answer["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer and not answer.cookies
        assert "default-src 'self'" in answer["Content-Security-Policy"]
    for path in ("/en/", f"/en/n/{version.notice.reference}/", "/en/embed/", "/en/verify/", "/en/accounts/login/"):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Frame-Options"] == "DENY", path


def test_frame_shows_what_its_address_asks_for_and_leads_out_of_itself(client: Client) -> None:
    make.issued(title="Gale")
    dover = make.issued(make.row(make.place("GBDVR"), modes=["road"]), title="Strike")
    page = client.get("/en/widget/?place=gbdvr&mode=road").content.decode()
    assert "Strike" in page and "Gale" not in page and "Customs notices: Dover, Road" in page
    assert '<base target="_top">' in page and f'href="/en/n/{dover.notice.reference}/"' in page
    assert "losed to cargo" in page and "UTC" in page
    air = client.get("/en/widget/?mode=air").content.decode()
    assert "No notice is in force." in air and "Customs notices: Air" in air


@pytest.mark.parametrize("query", ["place=XXXXX", "place=Dover", "mode=sea"])
def test_question_that_is_not_understood_never_reads_as_all_is_well(client: Client, query: str) -> None:
    answer = client.get(f"/en/widget/?{query}")
    assert answer.status_code == 400
    assert "asks for something unknown" in answer.content.decode() and "No notice" not in answer.content.decode()


def test_exercises_and_drafts_are_not_in_the_frame(client: Client) -> None:
    make.issued(title="Exercise: drill", status="Exercise")
    make.pending(title="Secret")
    assert "No notice is in force." in client.get("/en/widget/").content.decode()


def test_page_hands_out_one_line_for_the_choice_made(client: Client, settings: Any) -> None:
    settings.FAIRWAY_SITE_URL = "https://customs.example"
    make.place("GBDVR")
    page = client.get("/fr/embed/?place=GBDVR&mode=road").content.decode()
    snippet = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])  # type: ignore[index]
    assert 'src="https://customs.example/fr/widget/?place=GBDVR&amp;mode=road"' in snippet
    assert 'title="Avis des douanes' in snippet and "Douvres, Route" in snippet and "<script" not in snippet
    assert 'src="/fr/widget/?place=GBDVR&amp;mode=road"' in page  # what the readers see
    assert client.get("/fr/embed/?mode=sea").status_code == 400
