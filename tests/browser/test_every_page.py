"""Every page of the site in a real browser, as the people it is for: no barrier, nothing wider than the screen, no
error, no request that leaves the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import trans_real

from contacts.models import Place
from notices.formats import FEEDS
from portal.demo.accounts import code_of
from portal.urls import urlpatterns as portal_urls
from tests import arabic, make
from tests.matrix import world as worlds
from tests.matrix.matrix import ROWS, Row
from tests.matrix.world import LINKS, World

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Who sees most comes first
RICHEST = (
    "author", "approver", "association_manager", "headquarters", "administrator", "liaison", "auditor",
    "association_member",
)  # fmt: skip
# Pages that the matrix shows to nobody, and who reaches them after the steps of `prepare`
STAGED = {
    "demo_accounts": "anonymous",
    "mfa_authenticate": "half",
    "mfa_activate_totp": "association_manager",
    "mfa_deactivate_totp": "author",
    "mfa_generate_recovery_codes": "approver",
    "mfa_view_recovery_codes": "author",
}
# Addresses without a page of their own
NO_PAGE = {
    "livez", "readyz", "favicon", "permanent", "permanent_version", "association_home",
    *(feed.name for feed in FEEDS), "cap_message", "board_csv", "place_csv", "statistics_csv",
    "api_notices-list", "api_notices-detail", "api_notices-versions", "api_places-list", "api_places-detail",
    "api_schema", "api_docs", "api_nothing", "api_drafts-list", "api_drafts-detail", "api_verify",
    "list_export", "import_refused", "mfa_download_recovery_codes", "case_file", "case_track_file",
    "inbound_hook", "stop_hook", "status_anywhere", "verify_anywhere", "status_json", "metrics",
}  # fmt: skip
OWN_LANGUAGE = {"leave"}  # they speak that of the mail which led there
WITHOUT_LANDMARKS = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}
# Forms that refuse to be sent empty, each with a list of what is wrong
REFUSE_EMPTY = {
    "ask", "follow", "follow_manage_link", "invitation", "people_invite", "list_new", "list_edit", "list", "import",
    "version_edit", "case_detail", "case_track", "case_links",
    "account_login", "account_change_password", "account_reset_password",
    "account_reauthenticate", "mfa_authenticate", "mfa_activate_totp", "mfa_reauthenticate",
    "notice_new", "template_new", "template", "version_correct", "apply", "application", "person_email",
    "version_review", "office", "office_new", "connection_new", "follow_phone", "api_key_new",
    "crisis_new", "crisis_edit",
    "incoming", "incoming_item", "source_new",
}  # fmt: skip
LANGUAGES = ("en", "fr", "es", arabic.CODE)
THEMES = ("light", "dark")
TITLES = "[...document.querySelectorAll('h1')].map(h => h.textContent.trim()).filter(Boolean).length"
DEAD_LINKS = """[...document.querySelectorAll('main a[href^="#"], a.f-skip')]
    .map(link => link.getAttribute('href')).filter(href => !document.getElementById(href.slice(1)))"""
FORMS = "main form[method=post]:has(.f-field)"
SEND_EMPTY = """form => { form.noValidate = true;
    form.querySelectorAll('input:not([type=hidden]), select, textarea').forEach(field => {
        if (['checkbox', 'radio'].includes(field.type)) field.checked = false; else field.value = ''; });
    form.requestSubmit(form.querySelector('button')); }"""


def boom(request: Any) -> None:
    raise RuntimeError("a fault that a test asked for")


urlpatterns = [*portal_urls, path("boom/", boom, name="boom")]


def visits(people: int) -> Iterator[tuple[str, Row, str]]:
    """(URL name, row, identity) of every page; a page that is public is the same for all."""
    shown = set(NO_PAGE)
    rows = [(name, row) for row in ROWS if row.method == "GET" for name in row.names.split() if name not in NO_PAGE]
    for name, row in rows:
        for identity in readers(name, row, people):
            shown.add(name)
            yield name, row, identity
    missing = {name for name, _row in rows} ^ (shown - NO_PAGE)
    assert not missing, f"nobody sees {missing}: say in STAGED who does, or in NO_PAGE that it is no page"


def readers(name: str, row: Row, people: int) -> list[str]:
    seen = {identity for identity, cell in row.expected().items() if cell == "200"}
    if name in STAGED:
        return [STAGED[name]]
    if "anonymous" in seen:
        return ["anonymous", *(["link_holder"] if name in LINKS else [])]
    return [one for one in ("link_holder", *RICHEST) if one in seen][:people]


class Visitor:
    """One identity's browser; `faults` are sentences."""

    def __init__(self, browser: Any, server: str, language: str, cookie: str = "") -> None:
        self.server, self.language, self.theme = server, language, THEMES[0]
        self.context = browser.new_context(locale="en-GB")
        if cookie:
            name = django_settings.SESSION_COOKIE_NAME
            self.context.add_cookies([{"name": name, "value": cookie, "url": server}])
        self.page = self.context.new_page()
        self.noise = pages.watch(self.page, server)

    def open(self, name: str, arguments: dict[str, Any]) -> Any:
        # A colour that is still changing has no contrast yet.
        self.page.emulate_media(color_scheme=self.theme, reduced_motion="reduce")
        self.page.set_extra_http_headers({"Accept-Language": self.language})  # some addresses name no language
        with translation.override(self.language):
            return self.page.goto(self.server + reverse(name, kwargs=arguments))

    def faults(self, widths: tuple[int, ...], status: int = 200, *, bare: str = "") -> list[str]:
        """`bare`: the language of a mail, which is shown as it is, without the landmarks of a page of ours."""
        page, spoken = self.page, bare or self.language
        found = [
            *(line for line in self.noise if status == 200 or f"status of {status}" not in line),
            *(f"a link to nothing: {link}" for link in page.evaluate(DEAD_LINKS)),
        ]
        self.noise.clear()
        if (language := page.evaluate("document.documentElement.lang")) != spoken:
            found.append(f"says it is in {language}, not in {spoken}")
        if (way := page.evaluate("document.documentElement.dir || 'ltr'")) != pages.way_of(spoken):
            found.append(f"is written {way}")
        if (titles := page.evaluate(TITLES)) != 1:
            found.append(f"{titles} main headings")
        if not page.title().split(" – ")[0].strip():
            found.append("no title")
        rules = WITHOUT_LANDMARKS if bare else {}
        found += [fault for width in widths for fault in pages.barriers(page, width, rules)]
        return [f"{fault} ({self.language}, {self.theme})" for fault in found]

    def faults_in_the_dark(self) -> list[str]:
        self.page.emulate_media(color_scheme=THEMES[1])
        return [f"{fault} (in the dark)" for fault in pages.contrasts(self.page)]


class Visitors:
    """The browsers of everybody, made when first asked for."""

    def __init__(self, browser: Any, server: str, world: World, language: str) -> None:
        self.browser, self.server, self.world, self.language = browser, server, world, language
        self.all: dict[str, Visitor] = {}

    def __getitem__(self, identity: str) -> Visitor:
        if identity not in self.all:
            self.all[identity] = Visitor(self.browser, self.server, self.language, self.session(identity))
        return self.all[identity]

    def session(self, identity: str) -> str:
        """Signed in a moment ago, with password and code; `half` has not given the code yet."""
        person = self.world.people.get("author" if identity == "half" else identity)
        if person is None:
            return ""
        client = Client()
        make.sign_in(Client(), person)  # the second factor is set up
        client.post("/en/accounts/login/", {"login": person.email, "password": make.PASSWORD})
        if identity != "half" and (code := code_of(person)):
            client.post("/en/accounts/2fa/authenticate/", {"code": code})
        if identity == "author":
            client.post("/en/accounts/2fa/recovery-codes/generate/")
        return client.cookies[django_settings.SESSION_COOKIE_NAME].value

    def close(self) -> None:
        for visitor in self.all.values():
            visitor.context.close()


@contextmanager
def everybody(browser: Any, server: str, settings: Any, language: str) -> Iterator[Visitors]:
    settings.FAIRWAY_DEMO = settings.FAIRWAY_EMBEDDED = True  # the page of demo accounts is a page too
    visitors = Visitors(browser, server, worlds.build(), language)
    yield visitors
    visitors.close()


def look_at_every_page(
    visitors: Visitors, widths: tuple[int, ...], people: int, ways: Iterable[tuple[str, str]], dark_too: bool = False
) -> list[str]:
    """`ways`: the language and the theme of each page. `dark_too`: then its colours in the dark."""
    found = []
    for (name, row, identity), (language, theme) in zip(visits(people), ways, strict=False):
        visitor, arguments = visitors[identity], worlds.arguments(visitors.world, name, row.of, identity)
        bare = arguments.get("language", "")
        # A mail is shown on the reader's own ground, which axe takes for white in the dark too.
        visitor.language = "en" if name in OWN_LANGUAGE else language
        visitor.theme = THEMES[0] if bare else theme
        answer = visitor.open(name, arguments)
        expected = row.expected().get(identity, "200")
        status = int(expected) if name not in STAGED and expected.isdigit() else 200
        where = f"{name} of {row.of or '-'}, {identity}"
        if answer.status != status or answer.request.redirected_from:
            found.append(f"{where}: {answer.status} at {urlsplit(answer.url).path}")
        pages.picture(visitor.page, f"{name}-{row.of}-{identity}-{language}-{theme}", widths)
        found += [f"{where}: {fault}" for fault in visitor.faults(widths, status, bare=bare)]
        if dark_too and not bare:
            found += [f"{where}: {fault}" for fault in visitor.faults_in_the_dark()]
    return found


@pytest.fixture
def with_arabic(settings: Any, tmp_path: Path) -> Iterator[None]:
    """The site also speaks a language that is written from right to left."""
    arabic.make_catalogue(tmp_path)
    settings.LANGUAGES = [*settings.LANGUAGES, (arabic.CODE, arabic.NAME)]
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, tmp_path]
    yield
    trans_real._translations.pop(arabic.CODE, None)


@pytest.mark.usefixtures("with_arabic")
def test_every_page_is_open_to_all_at_desk_and_phone_width(browser: Any, live_server: Any, settings: Any) -> None:
    """Languages and themes take turns; the long lane goes through all of them."""
    ways = cycle((language, theme) for theme in THEMES for language in LANGUAGES)
    with everybody(browser, live_server.url, settings, "en") as visitors:
        found = look_at_every_page(visitors, (1280, 320), 1, ways)
    assert not found, "\n".join(found)


LINED_UP = """() => [...document.querySelectorAll('.f-row h3, .f-truth__place, .f-log p, main h1')].filter(block => {
    const words = document.createRange(); words.selectNodeContents(block);
    return Math.abs(words.getBoundingClientRect().right - block.getBoundingClientRect().right) > 2; }).length"""
OUTSIDE = """() => [...document.querySelectorAll('svg.f-draw text')].filter(text => {
    const box = text.getBoundingClientRect(), whole = text.ownerSVGElement.getBoundingClientRect();
    return box.width && (box.right > whole.right + 2 || box.left < whole.left - 2); }).length"""


@pytest.mark.usefixtures("with_arabic")
def test_from_right_to_left_titles_begin_at_the_right_and_drawings_keep_their_words_within(
    page: Any, live_server: Any
) -> None:
    place = make.place()
    Place.objects.filter(pk=place.pk).update(latitude=36.13, longitude=-5.44)
    version = make.issued(title="Gale at the gates")
    make.issued(title="Works", starts_at=make.in_hours(9))
    crisis = make.crisis(place, title="Gale")
    ways = ("", "notices/", "map/", "statistics/", f"n/{version.notice.reference}/", f"crisis/{crisis.reference}/")
    for way in ("places/ESALG/", *ways):
        page.goto(f"{live_server.url}/{arabic.CODE}/{way}")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert (page.evaluate(LINED_UP), page.evaluate(OUTSIDE)) == (0, 0), (way, width)


@pytest.mark.long
@pytest.mark.usefixtures("with_arabic")
@pytest.mark.parametrize(
    ("language", "people", "widths"),
    [("en", len(RICHEST), (390,)), ("fr", 1, (390,)), ("es", 1, (390,)), (arabic.CODE, 1, (320, 1280))],
)
def test_every_page_is_open_to_all_in_every_language_and_to_everybody_who_may(
    browser: Any, live_server: Any, settings: Any, language: str, people: int, widths: tuple[int, ...]
) -> None:
    with everybody(browser, live_server.url, settings, language) as visitors:
        found = look_at_every_page(visitors, widths, people, repeat((language, THEMES[0])), dark_too=True)
    assert not found, "\n".join(found)


@pytest.mark.long
def test_every_form_sent_empty_comes_back_as_a_good_page(browser: Any, live_server: Any, settings: Any) -> None:
    found, refused = [], set()
    with everybody(browser, live_server.url, settings, "en") as visitors:
        for name, row, identity in visits(people=1):
            visitor = visitors[identity]
            arguments = worlds.arguments(visitors.world, name, row.of, identity)
            visitor.open(name, arguments)
            forms = visitor.page.locator(FORMS)
            for at in range(forms.count()):
                with visitor.page.expect_navigation() as answer:
                    forms.nth(at).evaluate(SEND_EMPTY)
                if visitor.page.locator(".f-errors").count():
                    refused.add(name)
                    if not visitor.page.title().startswith("Error:"):
                        found.append(f"{name}: the title does not say that something is wrong")
                    if not visitor.page.locator(".f-errors:focus").count():
                        found.append(f"{name}: the list of what is wrong does not have the focus")
                pages.picture(visitor.page, f"{name}-{row.of}-{identity}-empty", (390,))
                found += [f"{name}: {fault}" for fault in visitor.faults((390,), answer.value.status)]
                visitor.open(name, arguments)
    assert not found, "\n".join(found)
    assert refused == REFUSE_EMPTY


def test_error_pages_are_good_pages(browser: Any, live_server: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    found = []
    with everybody(browser, live_server.url, settings, "en") as visitors:
        for where, identity, status in (
            ("/en/nothing-here/", "anonymous", 404),
            ("/en/people/", "author", 403),
            ("/boom/", "anonymous", 500),
        ):
            visitor = visitors[identity]
            assert visitor.page.goto(live_server.url + where).status == status
            found += [f"{where}: {fault}" for fault in visitor.faults((1280, 320), status)]
        visitors["anonymous"].open("ask", {})
        visitors["anonymous"].context.clear_cookies()  # a form that waited longer than its cookie
        visitors["anonymous"].page.locator(FORMS).evaluate(SEND_EMPTY)
        visitors["anonymous"].page.get_by_text("This page waited too long").first.wait_for()
        found += visitors["anonymous"].faults((1280, 320), 403)
    assert not found, "\n".join(found)
