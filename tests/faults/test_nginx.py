"""A real nginx before a real site: a crowd reads what is true now, and everybody reads on while parts are dead."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest
from django.db import connections
from django.test import Client

from portal.bench import debian
from portal.crowd import nginx
from portal.crowd.conf import PRODUCTION
from portal.embedded.processes import CHECKOUT, data_folder, free_port, stop
from tests import make

from .plant import Plant, plant

SEEN_WITHIN_S = 15
BOARD, TABLE = "/en/places/", "/en/places.csv"
OPENER = build_opener(ProxyHandler({}))


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Crowd:
    """The site, and nginx on `port` before it."""

    plant: Plant
    port: int

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, named)
        try:
            with OPENER.open(request, timeout=40) as page:
                return Answer(page.status, page.headers, page.read())
        except HTTPError as page:
            return Answer(page.code, page.headers, page.read())

    def status_of(self, code: str) -> str:
        answer = self.ask(TABLE)
        assert answer.status == 200, answer.text
        lines = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
        return next((line["Status"] for line in lines if line["Code"] == code), "")

    def wait_for(self, seen: Callable[[], bool]) -> float:
        """Seconds until `seen`, asked by a crowd of ten a second."""
        begun = time.monotonic()
        while not seen():
            assert time.monotonic() - begun < 2 * SEEN_WITHIN_S, self.plant.words()
            time.sleep(0.1)
        return time.monotonic() - begun


@pytest.fixture(scope="module")
def crowd(django_db_blocker: Any) -> Iterator[Crowd]:
    program = debian.nginx(data_folder() / "bench")
    with tempfile.TemporaryDirectory(prefix="fw-") as name, django_db_blocker.unblock():
        folder = Path(name)
        folder.chmod(0o755)
        with plant(folder) as made:
            port = free_port()
            made.site.environment |= {
                "BEHIND_PROXY": "true", "STATIC_ROOT": str(folder / "static"),
                "FAIRWAY_SITE_URL": f"http://127.0.0.1:{port}",
            }  # fmt: skip
            subprocess.run(
                [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
                env=made.site.environment, cwd=CHECKOUT, check=True,
            )  # fmt: skip
            made.site.start_web()
            front = nginx.start(program, folder / "nginx", port=port, origin=made.site.port)
            yield Crowd(made, port)
            stop(front)


def closed(code: str, **fields: Any) -> None:
    make.issued(make.row(make.place(code), **fields), title="Gale", ends_at=fields.get("ends_at"))


def test_configuration_of_production_is_the_one_that_the_template_makes() -> None:
    assert (CHECKOUT / "docs" / "nginx.conf").read_text() == PRODUCTION.text(), "python -m portal.crowd.conf"


def test_nginx_takes_the_configuration_of_production(tmp_path: Path) -> None:
    text = PRODUCTION.text().replace("/tmp/", f"{tmp_path}/").replace("/dev/std", f"{tmp_path}/std")
    text = text.replace("web:8000", "127.0.0.1:8000").replace("/run/secrets", str(tmp_path))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1",
         "-keyout", tmp_path / "tls_key", "-out", tmp_path / "tls_certificate"],
        check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "nginx.conf").write_text(text)
    done = subprocess.run(
        [debian.nginx(data_folder() / "bench"), "-t", "-e", tmp_path / "log", "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (done.stderr, (tmp_path / "log").read_text())


@pytest.mark.long
def test_crowd_sees_what_is_published_and_what_ends_within_fifteen_seconds(crowd: Crowd) -> None:
    make.place("GBDVR")
    assert crowd.wait_for(lambda: crowd.status_of("GBDVR") == "Open") < SEEN_WITHIN_S
    ends_at = make.now() + timedelta(seconds=12)
    closed("GBDVR", ends_at=ends_at)
    assert crowd.wait_for(lambda: crowd.status_of("GBDVR") == "Closed") < 8
    crowd.wait_for(lambda: crowd.status_of("GBDVR") == "Open")
    assert timedelta(0) <= make.now() - ends_at < timedelta(seconds=8)


@pytest.mark.long
def test_first_answer_after_half_a_minute_of_silence_is_what_is_true_now(crowd: Crowd) -> None:
    make.place("ESALG")
    crowd.wait_for(lambda: crowd.status_of("ESALG") == "Open")
    crowd.ask(BOARD)
    closed("ESALG")
    time.sleep(30)
    assert crowd.status_of("ESALG") == "Closed"
    assert "Closed" in crowd.ask(BOARD).text


@pytest.mark.long
def test_packed_and_plain_are_kept_apart_and_what_a_reader_has_is_not_sent_again(crowd: Crowd) -> None:
    plain, packed = crowd.ask(BOARD), crowd.ask(BOARD, Accept_Encoding="br, gzip;q=0.8")
    assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 2 and "Accept-Encoding" in packed.headers["Vary"]
    assert crowd.ask(BOARD, Accept_Encoding="gzip;q=0").headers["Content-Encoding"] is None
    assert plain.headers["ETag"] and plain.headers["ETag"] == packed.headers["ETag"]
    again = crowd.ask(BOARD, If_None_Match=plain.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert crowd.ask("/fr/places/").text != plain.text != crowd.ask("/en/places/?q=dover").text


@pytest.mark.long
def test_what_belongs_to_one_person_is_never_kept(crowd: Crowd) -> None:
    officer = make.user("officer", name="Imke Officer")
    browser = make.sign_in(Client(), officer)
    cookie = f"session={browser.cookies['session'].value}"
    desk = crowd.ask("/en/desk/", Cookie=cookie)
    assert desk.status == 200 and "no-store" in desk.headers["Cache-Control"]
    stranger = crowd.ask("/en/desk/")
    assert "Imke Officer" not in stranger.text and "Sign in" in stranger.text
    forms = [crowd.ask("/en/follow/") for _person in range(2)]
    assert len({form.headers["Set-Cookie"] for form in forms}) == 2, "a form has a token of its own"
    assert "Set-Cookie" not in crowd.ask(BOARD).headers
    posts = [crowd.ask(BOARD, b"x=1") for _time in range(2)]
    assert {post.status for post in posts} == {403} and crowd.ask(BOARD).status == 200


@pytest.mark.long
def test_who_is_signed_in_sees_what_was_published_at_once(crowd: Crowd) -> None:
    make.place("FRDKK")
    crowd.wait_for(lambda: crowd.status_of("FRDKK") == "Open")
    closed("FRDKK")
    lines = crowd.ask(TABLE, Cookie="a=b; session=whatever").text.splitlines()
    assert "Closed" in next(line for line in lines if "FRDKK" in line)


@pytest.mark.long
def test_slow_site_is_not_asked_by_everybody_at_once(crowd: Crowd) -> None:
    """A crowd for a page that nobody has asked for lately, while the site needs longer than the cache waits."""
    crowd.ask(BOARD)
    web = crowd.plant.named("web").pid
    os.killpg(web, signal.SIGSTOP)
    try:
        time.sleep(6)
        with ThreadPoolExecutor(60) as readers:
            asked = [readers.submit(crowd.ask, BOARD) for _reader in range(60)]
            time.sleep(4)
            waiting = sum(
                link.status == psutil.CONN_ESTABLISHED and link.raddr and link.raddr.port == crowd.plant.site.port
                for link in psutil.net_connections("tcp")
            )
            os.killpg(web, signal.SIGCONT)
            assert {answer.result().status for answer in asked} == {200}
    finally:
        os.killpg(web, signal.SIGCONT)
    assert waiting <= 8, "each second one goes on, the others wait for it"


def kept_pages(crowd: Crowd) -> dict[str, Answer]:
    reference = make.issued(title="Strike").notice.reference
    paths = ("/en/", BOARD, TABLE, f"/en/n/{reference}/", "/fr/map/", "/es/feed.atom", "/en/offices/")
    time.sleep(6)  # of what nginx has had for longer nothing is shown again
    return {path: crowd.ask(path) for path in paths}


def assert_read_on(crowd: Crowd, before: dict[str, Answer]) -> None:
    """Twice, the second time after everything short has run out; a crowd is answered fast."""
    for _time in range(2):
        time.sleep(7)
        for path, page in before.items():
            answer = crowd.ask(path)
            assert (answer.status, answer.body) == (200, page.body), path
            packed = crowd.ask(path, Accept_Encoding="gzip")
            assert packed.status == 200, path
    assert "As of" in crowd.ask(BOARD).text
    begun = time.monotonic()
    assert all(crowd.ask(BOARD).status == 200 for _reader in range(300))
    assert time.monotonic() - begun < 10


@pytest.mark.long
def test_without_the_application_pages_still_come_and_say_as_of_when(crowd: Crowd) -> None:
    before = kept_pages(crowd)
    crowd.plant.kill("web")
    assert_read_on(crowd, before)
    unknown = crowd.ask("/en/places/?q=nobody-asked-before")
    assert (unknown.status, unknown.headers["Retry-After"]) == (503, "60") and "Réessayez" in unknown.text
    program = crowd.ask("/api/v1/verify/?q=nobody-asked-before")
    assert (program.status, program.headers["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(program.text)["status"] == 503
    crowd.plant.site.start_web()
    assert crowd.ask("/en/places/?q=nobody-asked-before").status == 200


@pytest.mark.long
def test_without_the_database_and_the_broker_pages_still_come_and_come_back(crowd: Crowd) -> None:
    make.place("PTLIS")
    before = kept_pages(crowd)
    crowd.plant.kill_broker()
    crowd.plant.postgres.stop()
    assert_read_on(crowd, before)
    unknown = crowd.ask("/en/places/?q=nor-this")
    assert unknown.status == 503 and "cannot reach its data" in unknown.text
    crowd.plant.restart_database(signal.SIGINT)
    crowd.plant.valkey.start()
    connections.close_all()
    closed("PTLIS")
    assert crowd.wait_for(lambda: crowd.status_of("PTLIS") == "Closed") < SEEN_WITHIN_S
