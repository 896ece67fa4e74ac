"""What everybody may read holds nothing of the person who reads it, and no address breaks a page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from notices.formats import FEEDS
from portal.crowd.conf import PUBLIC
from portal.everybody import reads_no_session
from tests import make
from tests.matrix import world as worlds
from tests.matrix.test_matrix import url_patterns

pytestmark = pytest.mark.django_db
SAYS = "is on its way to"


def test_public_pages_and_feeds_are_the_ones_that_ask_nobody_who_they_are() -> None:
    names = {pattern.name for pattern in url_patterns() if reads_no_session(pattern.callback)}
    assert names == {
        "livez", "readyz", "favicon", "home", "call_list", "notice", "notice_version", "permanent",
        "permanent_version", "status", "status_anywhere", "status_json", "metrics", "inbound_hook",
        "archive", "statistics", "statistics_csv",
        "board", "board_csv", "map", "place", "place_csv", "place_poster", "cap_message", "crises", "crisis",
        "api_notices-list", "api_notices-detail", "api_notices-versions", "api_places-list", "api_places-detail",
        "api_drafts-list", "api_drafts-detail", "api_verify", "api_schema", "api_docs",
        "verify", "verify_anywhere", "widget", "embed",
        *(feed.name for feed in FEEDS),
    }  # fmt: skip


def test_public_pages_are_the_same_for_everybody_and_touch_no_session(client: Client) -> None:
    version = make.issued(title="Gale")
    person = version.author
    exercise = make.issued(title="Exercise: gale", status="Exercise")
    paths = [reverse("home"), "/en/?q=gale", "/en/?q=nowhere", "/en/?mode=sea", *(reverse(f.name) for f in FEEDS)]
    for reference in (version.notice.reference, exercise.notice.reference):
        paths += [f"/en/n/{reference}/", f"/en/n/{reference}/1/", f"/n/{reference}", f"/n/{reference}/1"]
    signed_in = make.sign_in(Client(), person)
    assert signed_in.post(reverse("version_test", args=[make.written(by=person).uid])).status_code == 302
    without_factor = Client()
    without_factor.force_login(make.user("officer"))
    for path in paths:
        plain = client.get(path)
        for browser in (client, signed_in, without_factor):
            answer = browser.get(path)
            assert answer.status_code == plain.status_code, path
            assert "cookie" not in answer.headers.get("Vary", "").lower(), path
            assert not answer.cookies, path
            text = answer.content.decode()
            assert SAYS not in text and person.email not in text and person.name not in text, path
    assert SAYS in signed_in.get("/en/desk/").content.decode()  # it waits for a page of one's own


def test_answers_without_a_language_in_their_address_are_kept_once_for_everybody(client: Client) -> None:
    reference = make.issued(title="Exercise: gale", status="Exercise").notice.reference
    for path in ("/api/v1/notices/", "/api/v1/places/ESALG/", f"/n/{reference}/1/cap.xml"):
        french, english = (client.get(path, headers={"accept-language": language}) for language in ("fr", "en"))
        assert french.content == english.content and "s-maxage=1" in french["Cache-Control"]
        assert "Vary" not in french, path
    assert "Accept-Language" in client.get(f"/n/{reference}")["Vary"]  # it leads to the reader's language


# API-05
def test_answers_of_every_form_say_when_they_were_true(client: Client) -> None:
    make.issued(title="Gale")
    moment = make.in_hours(1)
    with make.clock_at(moment):
        for path in ("/api/v1/notices/", "/api/v1/places/", "/en/", *(reverse(feed.name) for feed in FEEDS)):
            assert client.get(path)["As-Of"] == moment.isoformat(), path


def test_scripts_of_other_sites_read_what_is_for_programs_and_nothing_else(client: Client) -> None:
    for path in ("/api/v1/notices/", "/api/v1/places/", "/en/places.csv", *(reverse(feed.name) for feed in FEEDS)):
        answer = client.get(path, headers={"Origin": "https://port.example"})
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*"), path
        assert "Access-Control-Allow-Credentials" not in answer
    worker = make.sign_in(Client(), make.user("officer"))
    for path in ("/en/", "/en/desk/", "/api/v1/drafts/", "/en/follow/"):
        answer = worker.get(path, headers={"Origin": "https://port.example"})
        assert "Access-Control-Allow-Origin" not in answer, path


def test_no_address_with_a_nul_sign_is_an_error_of_ours() -> None:
    world = worlds.build()
    browser = make.sign_in(Client(raise_request_exception=False), world.people["author"])
    asked = 0
    for pattern in url_patterns():
        name = pattern.name or ""
        given = worlds.arguments(world, name, _thing(pattern), "link_holder")
        texts = [key for key, value in given.items() if isinstance(value, str)]
        for key in texts:
            path = reverse(name, kwargs=given | {key: "QQQ"}).replace("QQQ", "a%00")
            for client in (Client(raise_request_exception=False), browser):
                assert client.get(path).status_code == 404, path
            asked += 1
        path = reverse(name, kwargs=given)
        for query in ("q=%00", "place=%00", "next=%00", "about=a%00b"):
            assert browser.get(f"{path}?{query}").status_code == 404, (path, query)
    assert asked > 12


def test_nginx_knows_the_addresses_of_what_any_cache_may_keep_and_no_others() -> None:
    world = worlds.build()
    for pattern in url_patterns():
        name = pattern.name or ""
        path = reverse(name, kwargs=worlds.arguments(world, name, _thing(pattern), "link_holder"))
        if not path.startswith(("/api/", "/favicon")):
            kept = bool(getattr(pattern.callback, "may_be_kept", False))
            assert bool(re.search(PUBLIC, path)) == kept, f"{path}: portal/crowd/conf.py, PUBLIC"


def _thing(pattern: URLPattern) -> str:
    """The thing of the world that an address with a uid is about."""
    if "uid" not in pattern.pattern.converters:
        return ""
    name = pattern.name or ""
    if name.startswith("import"):
        return "dry_run"
    return "member_list" if name.startswith("list") else "issued"
