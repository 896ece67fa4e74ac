"""Row 26 of the failure modes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import feedparser
import pytest
from django.core.management import CommandError, call_command
from lxml import html

from notices.formats import FEEDS
from tests import make

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "fr", "es")
SITE = "https://notices.customs.example"
SAYS = {
    "en": "forms do not work here",
    "fr": "les formulaires n’y fonctionnent pas",
    "es": "los formularios no funcionan aquí",
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.FAIRWAY_SITE_URL, settings.HTTPS, settings.SECURE_SSL_REDIRECT = SITE, True, True
    settings.FAIRWAY_TIME_ZONE = "Europe/Madrid"
    settings.ALLOWED_HOSTS = ["notices.customs.example"]
    settings.FAIRWAY_CALL_LIST = {"of-alg": "+34 956 555 000"}
    call_command("collectstatic", "--noinput", verbosity=0)
    return tmp_path / "copies"


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """Any web server, with the copy in a sub-folder."""
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/current/"
        serving.shutdown()


def export(folder: Path) -> Path:
    call_command("export_site", "--to", str(folder))
    return (folder / "current").resolve()


def texts(copy: Path) -> dict[str, str]:
    return {
        str(path.relative_to(copy)): path.read_text()
        for path in copy.rglob("*")
        if path.is_file() and "static" not in path.relative_to(copy).parts
    }


def links(page: str) -> list[str]:
    tree = html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))
    refresh = [said.partition("url=")[2] for said in tree.xpath("//meta[@http-equiv='refresh']/@content")]
    return [*tree.xpath("//@href"), *tree.xpath("//@src"), *refresh]


def followed(start: str) -> dict[str, str]:
    """Every file that links lead to from `start`, address → text; whatever does not answer 200 raises."""
    waiting, found = [start], {}
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        with urlopen(address, timeout=5) as answer:
            assert answer.status == 200
            address = answer.geturl()  # a folder's, with its last stroke
            found[address] = answer.read().decode()
            is_page = "html" in answer.headers["Content-Type"]
        for link in links(found[address]) if is_page else ():
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in found[address], (address, link)
            elif link.startswith(("http:", "https:")):
                assert link.startswith(SITE), (address, link)
            elif not link.startswith(("mailto:", "tel:")):  # the contact of a notice
                assert not link.startswith("/"), (address, link)
                waiting.append(urljoin(address, link).partition("#")[0])
    return found


def test_every_link_of_the_copy_works_when_the_site_is_lost(
    folder: Path, server: str, django_db_blocker: Any
) -> None:
    first = make.issued(title="Gale", contact="port@authority.example")
    second = make.next_version(first.notice, title="Gale, worse", action="update")
    over = make.issued(make.row(make.place("GBDVR")), title="Strike", ends_at=make.in_hours(24 * 20))
    old = make.issued(title="Fog", ends_at=make.in_hours(24))
    with make.clock_at(make.in_hours(24 * 32)):
        copy = export(folder)
    with django_db_blocker.block():
        found = followed(server)
        known = {address.removeprefix(server) for address in found}
        for version in (first, second, over):
            reference, number = version.notice.reference, version.number
            for language in LANGUAGES:
                assert f"{language}/n/{reference}/{number}/index.html" in texts(copy)
            for permanent in (f"n/{reference}", f"n/{reference}/{number}"):
                found |= followed(server + permanent)
        assert {f"{language}/{feed.file}" for language in LANGUAGES for feed in FEEDS} <= known
        assert {f"{language}/offices/index.html" for language in LANGUAGES} <= known
        assert {f"{language}/{path}" for language in LANGUAGES for path in ("places/", "map/", "places.csv")} <= {
            address.removesuffix("index.html") for address in known
        }
        assert f"n/{first.notice.reference}/1/cap.xml" in texts(copy)
        assert "Algésiras" in texts(copy)["fr/places/index.html"]
        assert any("tokens.css" in name for name in known)
        assert not any(old.notice.reference in name for name in texts(copy))
        feed = feedparser.parse(found[f"{server}en/feed.atom"])
        assert not feed.bozo
        titles = " ".join(entry.title for entry in feed.entries)
        assert first.notice.reference in titles and over.notice.reference in titles
        told = {item["_fairway"]["reference"] for item in json.loads(found[f"{server}en/feed.json"])["items"]}
        assert told == {first.notice.reference, over.notice.reference}


def test_every_page_says_when_it_was_copied_and_has_no_form(folder: Path) -> None:
    make.issued(title="Gale")
    for name, text in texts(export(folder)).items():
        if not name.endswith(".html"):
            continue
        page = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
        (banner,) = page.xpath("//div[contains(@class, 'f-banner--copy')]")
        said = " ".join(banner.text_content().split())
        assert SAYS[page.get("lang")] in said and re.search(r"CES?T \((\w+\.? )?\d\d:\d\d UTC\)", said), (name, said)
        assert all(icon.startswith("#") for icon in page.xpath("//use/@href")), "a page on disk takes none elsewhere"
        assert not page.xpath("//form | //input | //button | //script"), name


def test_no_draft_exercise_or_private_address_is_in_any_file(folder: Path, settings: Any) -> None:
    version = make.issued(title="Gale", contact="port@authority.example")
    office = version.notice.office
    office.email, office.phone = "duty@wgcs.example", "+34 956 111 222"
    office.save()
    make.member_list(None, "member@company.invalid")
    hidden = [
        make.written(title="Secret draft"), make.pending(title="Secret pending"),
        make.scheduled(title="Secret scheduled"), make.issued(title="Exercise: secret", status="Exercise"),
    ]  # fmt: skip
    copy = export(folder)
    every = texts(copy)
    whole = "\n".join([*every, *every.values()])
    for other in hidden:
        assert other.notice.reference is None or other.notice.reference not in whole
    for text in ("ecret", "duty@", "956 111 222", "company.invalid", version.author.email, version.author.name):
        assert text not in whole, text
    addresses = re.findall(r"[\w.+-]+@[\w-]+\.\w+", re.sub(r"\bUID:\S+", "", whole))  # of calendars, no mailbox
    assert set(addresses) == {"port@authority.example", settings.FAIRWAY_CAP_SENDER}
    assert "+34 956 555 000" in every["fr/offices/index.html"] and "Algeciras" in every["en/offices/index.html"]


def test_next_copy_takes_the_place_of_the_last_one_and_two_are_kept(folder: Path) -> None:
    copies = [export(folder)]
    version = make.issued(title="Gale")
    copies += [export(folder), export(folder)]
    assert len(set(copies)) == 3
    assert sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink()) == [
        path.name for path in copies[1:]
    ]
    assert version.notice.reference in (folder / "current" / "en" / "index.html").read_text()


@pytest.mark.parametrize("fails", ["page", "file"])
def test_export_that_fails_in_the_middle_leaves_the_last_copy(folder: Path, settings: Any, fails: str) -> None:
    copy = export(folder)
    before = texts(copy)
    make.issued(title="Gale")
    if fails == "page":
        settings.ALLOWED_HOSTS = ["elsewhere.example"]
    else:
        (settings.STATIC_ROOT / "css" / "site.css").unlink()
    with pytest.raises(CommandError, match=r"the last one stays: .*(answers 400|collectstatic)"):
        export(folder)
    assert (folder / "current").resolve() == copy and texts(copy) == before
    assert [path.name for path in folder.glob("*") if path.is_dir()].count(copy.name) == 1
    assert not list(folder.glob(".part-*"))
