"""What the first view costs on a thin line: bytes as they travel, and questions to the database."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Place
from notices.models import Notice
from portal.bench import scene
from tests import make

pytestmark = pytest.mark.django_db
KB = 1_000
BUDGETS = {"/en/places/": 50, "/fr/places/": 50, "/en/": 50, "notice": 20, "place": 50, "/en/map/": 120}
CSS, QUERIES = 25, 8


def packed(content: bytes) -> float:
    return len(gzip.compress(content, 6)) / KB


def address(name: str) -> str:
    if name == "notice":
        return f"/en/n/{Notice.objects.first().reference}/"
    if name == "place":
        return f"/en/places/{Place.objects.order_by('locode')[0].locode}/"
    return name


def test_first_view_of_every_public_page_fits_its_budget_and_the_board_asks_eight_questions(client: Client) -> None:
    scene.lay(now=make.now())
    assert Place.objects.answered_for().count() == scene.PLACES
    found = {name: client.get(address(name)) for name in BUDGETS}
    assert {answer.status_code for answer in found.values()} == {200}
    sizes = {name: packed(answer.content) for name, answer in found.items()}
    assert {name: size for name, size in sizes.items() if size > BUDGETS[name]} == {}
    for answer in found.values():
        text = answer.content.decode()
        assert not re.search(r"<script(?! src=)|\sstyle=|<link[^>]+preload", text), "it needs no more to be read"
        sheets = [finders.find(path) for path in re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', text)]
        assert sheets and sum(packed(Path(str(sheet)).read_bytes()) for sheet in sheets) <= CSS
    with CaptureQueriesContext(connection) as asked:
        client.get("/en/places/")
    assert len(asked) <= QUERIES, [query["sql"][:120] for query in asked]


def test_pages_use_no_class_of_bootstrap_that_their_sheets_lack() -> None:
    """The sheet with all its utilities would weigh 11 kB more; whoever needs one more of them adds it to ours."""
    base = (settings.BASE_DIR / "templates" / "base.html").read_text()
    paths = [f"bootstrap/css/{part}.min.css" for part in re.findall(r'{% bootstrap "([\w-]+)" %}', base)]
    paths += re.findall(r"'(css/[\w.-]+\.css)'", base)
    sheets = [Path(str(finders.find(path))) for path in paths]
    assert len(sheets) == 5
    theirs = classes((sheets[0].parent / "bootstrap-utilities.min.css").read_text())
    ours = set().union(*(classes(sheet.read_text()) for sheet in sheets))
    used = set()
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        for found in re.findall(r'class="([^"]*)"', template.read_text()):
            used |= set(re.sub(r"{%.*?%}|{{.*?}}", " ", found).split())
    assert used & theirs - ours == set()


def classes(sheet: str) -> set[str]:
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", sheet))
