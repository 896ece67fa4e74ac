"""The site without its broker, and without its database: real servers, really stopped."""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from portal.embedded.postgres import Postgres
from portal.embedded.processes import CHECKOUT, free_port, stop, wait_until
from portal.embedded.valkey import Valkey

EMAIL, PASSWORD = "first@customs.example", "tide tables and lanterns"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    path: str


class Browser:
    """Keeps cookies and follows redirects, as a person's browser does; a form is sent with its page's token."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )

    def get(self, path: str, data: dict[str, str] | None = None) -> Answer:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        try:
            with self.opener.open(urllib.request.Request(self.base + path, body), timeout=30) as page:
                return Answer(page.status, dict(page.headers), page.read().decode(), page.url.removeprefix(self.base))
        except urllib.error.HTTPError as page:
            return Answer(page.code, dict(page.headers), page.read().decode(), path)

    def send(self, path: str, **data: str) -> Answer:
        return self.answer(self.get(path), path, **data)

    def answer(self, page: Answer, path: str, **data: str) -> Answer:
        """Sends the form that `page` shows, without loading it again."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token, page.path
        return self.get(path, {"csrfmiddlewaretoken": token[1], **data})

    def sign_in(self, password: str = PASSWORD) -> Answer:
        return self.send("/en/accounts/login/", login=EMAIL, password=password)


@dataclass
class Site:
    postgres: Postgres
    valkey: Valkey
    port: int


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="fairway-outage-"))
    folder.chmod(0o755)
    postgres, valkey, port = Postgres(folder, fsync="off").start(), Valkey(folder, durable=False).start(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAIRWAY_")} | {
        "DATABASE_URL": postgres.url(),
        "REDIS_URL": valkey.url(),
        "STATIC_ROOT": str(folder / "static"),
        "ADMIN_PASSWORD": PASSWORD,
        "ALLOWED_HOSTS": "127.0.0.1",
        "FAIRWAY_SITE_URL": f"http://127.0.0.1:{port}",
    }
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"], ["createadmin", EMAIL]):
        subprocess.run([sys.executable, "manage.py", *command], env=environment, cwd=CHECKOUT, check=True)
    with open(folder / "web.log", "wb") as log:
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"],
            env=environment, cwd=CHECKOUT, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    wait_until(lambda: _answers(port), lambda: web.poll() is None, "The site")
    yield Site(postgres, valkey, port)
    stop(web)
    valkey.stop()
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        return Browser(port).get("/en/").status == 200
    except OSError:
        return False


def code_for(secret: str, step: int = 0) -> str:
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2 + step])))


def test_people_sign_in_and_limits_hold_without_the_broker(site: Site) -> None:
    site.valkey.stop()
    began = time.monotonic()
    person = Browser(site.port)
    page = person.sign_in()
    secret = re.search(r'id="authenticator_secret">(\w+)<', page.text)
    assert secret, page.path
    person.answer(page, "/en/accounts/2fa/totp/activate/", code=code_for(secret[1]))
    assert person.get("/en/people/").path == "/en/people/"

    again, thief = Browser(site.port), Browser(site.port)
    code = code_for(secret[1], step=1)
    for browser in (again, thief):
        assert browser.sign_in().path.endswith("/2fa/authenticate/")
        browser.send("/en/accounts/2fa/authenticate/", code=code)
    assert again.get("/en/people/").path == "/en/people/"
    assert thief.get("/en/people/").path != "/en/people/"  # the code was used

    assert Browser(site.port).send("/en/accounts/password/reset/", email=EMAIL).path.endswith("/reset/done/")
    for _ in range(5):
        Browser(site.port).sign_in("wrong wrong wrong")
    assert "/2fa/" not in Browser(site.port).sign_in().path
    assert time.monotonic() - began < 30


def test_without_the_database_every_page_says_so_in_three_languages_and_comes_back(site: Site) -> None:
    person = Browser(site.port)
    form = person.get("/en/accounts/login/")
    site.postgres.stop()
    answers = [
        *(person.get(path) for path in ("/en/", "/fr/feed.atom", "/es/n/PD-2026-0001/")),
        person.answer(form, "/en/accounts/login/", login=EMAIL, password=PASSWORD),
    ]
    for answer in answers:
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "60"), answer
        assert all(words in answer.text for words in ("Try again", "Réessayez", "Inténtelo de nuevo"))
        assert "Traceback" not in answer.text
        assert "psycopg" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    site.postgres.start()
    wait_until(lambda: person.get("/en/").status == 200, lambda: True, "The way back", 15)


def test_database_that_takes_the_call_and_says_nothing_holds_nobody_for_long(site: Site) -> None:
    site.postgres.stop()
    with socket.create_server(("127.0.0.1", site.postgres.port), backlog=16):
        began = time.monotonic()
        answer = Browser(site.port).get("/en/")
        took_s = time.monotonic() - began
    site.postgres.start()
    assert (answer.status, answer.headers.get("Retry-After")) == (503, "60"), answer
    assert took_s < 15
    wait_until(lambda: Browser(site.port).get("/en/").status == 200, lambda: True, "The way back", 15)
