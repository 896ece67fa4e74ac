"""Logs of a real web server: one object a line, and not one link in them that still opens something."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal import tracing
from portal.embedded.processes import CHECKOUT, free_port, stop, wait_until
from portal.logs import AsJson, Masked, mask
from tests.matrix import world as worlds
from tests.matrix.test_matrix import url_patterns

pytestmark = pytest.mark.django_db(transaction=True)


class Server:
    """Gunicorn with its access log, everything it writes in one file."""

    def __init__(self, log: Path) -> None:
        self.log, self.port = log, free_port()
        facts = connection.settings_dict
        where = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{self.port}",
                 "--access-logfile", "-", "--no-control-socket"],
                env={**os.environ, "DATABASE_URL": where, "ALLOWED_HOSTS": "127.0.0.1", "DEBUG": "1"},
                cwd=CHECKOUT, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        wait_until(lambda: self.get("/favicon.ico") == 200, lambda: self.process.poll() is None, "Gunicorn")

    def get(self, path: str, **headers: str) -> int:
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers), timeout=30
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "web.log")
    yield made
    stop(made.process)


def links(world: worlds.World) -> dict[str, str]:
    """Address that opens nothing any more or not like this → the token in it, which opens something elsewhere."""
    holders = {name: worlds.arguments(world, name, "", "link_holder") for name in worlds.LINKS}
    found = {reverse(name, kwargs=given) + "nowhere": str(given["token"]) for name, given in holders.items()}
    other = str(holders["case_track"]["token"])
    found |= {reverse("invitation", args=[other]): other, reverse("leave", args=[other]): other}
    key = default_token_generator.make_token(world.colleague)
    found[f"/en/accounts/password/reset/key/{world.colleague.pk.hex}-{key}/nowhere"] = key
    return found


def test_no_log_of_the_web_server_holds_a_link_that_opens_something(server: Server) -> None:
    world = worlds.build()
    asked = links(world)
    for path, token in asked.items():
        server.get(path)
        server.get("/en/nowhere/", Referer=f"http://127.0.0.1{path}")
        server.get(f"/en/accounts/login/?next={quote(path, safe='')}")
        server.get(path.replace(token, quote(token, safe="")))
    log = server.log.read_text()
    assert log.count("GET ") >= 4 * len(asked) and "Not Found: " in log
    assert [token for token in asked.values() if token in log or quote(token, safe="") in log] == []


def test_an_error_of_ours_is_logged_without_the_link_of_its_page(server: Server) -> None:
    world = worlds.build()
    token = worlds.token(world, "invitation", "link_holder")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_invitation RENAME TO away")
    try:
        assert server.get(reverse("invitation", args=[token])) == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO contacts_invitation")
    log = server.log.read_text()
    assert "Traceback" in log and "/invitation/***" in log
    assert token not in log


def test_every_address_with_a_token_is_one_that_the_mask_knows() -> None:
    token = "eyJhIjoxfQ:1abcde:" + "s" * 43
    asked = 0
    for pattern in url_patterns():
        given = {name: token for name in pattern.pattern.converters if name in ("token", "key")}
        if "key" in pattern.pattern.regex.groupindex:
            given = {"uidb36": "a" * 32, "key": "c" * 39}
        if given:
            uid = {"uid": UUID(int=0)} if "uid" in pattern.pattern.converters else {}
            path = reverse(pattern.name, kwargs=given | uid)
            asked += 1
            for text in (path, quote(path, safe=""), f"GET {path}?a=1 HTTP/1.1"):
                assert not any(value in mask(text) or quote(value) in mask(text) for value in given.values()), text
    assert asked >= 8


@pytest.mark.parametrize(
    "text",
    ["GET /en/follow/manage/ HTTP/1.1", "/en/?q=sent/to-everybody", "key: unknown", "critical@fairway ready.",
     "2026-11-26T03:51:00+00:00 took 12.5 s", "PD-2026-0412 of 1,000,000 and +12 more", "@login_required"],
)  # fmt: skip
def test_what_holds_nothing_secret_is_logged_as_it_is(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "secret",
    ["jane.doe@company.example", "Jane+x@xn--bcher-kva.example", '"jane doe"@company.example', "+34956585400",
     "jane%40company.example", "o'neil@a.b.c.example", "+34 956 58 54 00", "%2B34956585400", "+1 (212) 555-0100"],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "to <{}>: 550 unknown", "Key (channel, key)=(email, {}) is", "?q={}&a=1"])
def test_address_and_number_are_masked_wherever_they_stand(secret: str, around: str) -> None:
    shown = mask(around.format(secret))
    assert "***" in shown
    for part in ("jane", "Jane", "neil", "company", "bcher", "956", "555"):
        assert part not in shown


def test_password_of_a_server_is_masked_with_its_host() -> None:
    assert "hunter2" not in mask("redis://:hunter2@broker.internal:6379/0 and amqp://u:hunter2@10.0.0.1//")


def test_long_line_is_masked_in_no_time() -> None:
    begun = time.perf_counter()
    for text in ("a" * 200_000, "a@" * 100_000, "+1" * 100_000, "+1 2" * 50_000, "a." * 100_000 + "@"):
        mask(text)
    assert time.perf_counter() - begun < 5


def test_record_is_one_object_a_line_with_its_traceback_and_its_request() -> None:
    before = tracing.request_id.set("abc-12345")
    try:
        raise ValueError("no mail to jane@company.example\nsecond line")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "broke %s", ("jane@company.example",), sys.exc_info()
        )
    finally:
        Masked().filter(record)
        line = AsJson().format(record)
        tracing.request_id.reset(before)
    facts = json.loads(line)
    assert "\n" not in line and "company" not in line
    assert (facts["level"], facts["logger"], facts["message"]) == ("ERROR", "x", "broke ***@***")
    assert facts["request_id"] == "abc-12345" and "ValueError" in facts["traceback"]
    assert facts["time"].endswith("+00:00") and "task" not in facts


def test_every_line_of_the_web_server_is_json_and_tells_its_request(server: Server) -> None:
    server.get("/en/nowhere/", **{"X-Request-ID": "proxy-made-0001"})
    server.get("/en/nowhere/", **{"X-Request-ID": "not sane\tat all"})
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    missing = [line for line in lines if line["message"].startswith("Not Found")]
    assert missing[0]["request_id"] == "proxy-made-0001"
    assert len(missing[1]["request_id"]) == 32
    assert any(line["logger"] == "gunicorn.access" for line in lines)


def test_answer_tells_its_request(client: Client) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "proxy-made-0002"})["X-Request-ID"] == "proxy-made-0002"
    for bad in ("short", "x" * 65, "a b c d e f g h", "<script>alert</script>"):
        assert re.fullmatch("[0-9a-f]{32}", client.get("/livez", headers={"X-Request-ID": bad})["X-Request-ID"])
