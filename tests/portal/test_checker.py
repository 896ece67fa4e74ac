"""The check from the public side: a severe notice that everybody reads and nobody was told of is found."""

from __future__ import annotations

import os
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from base.words import Lane
from contacts import expansion
from delivery import addresses, postman
from delivery.models import Batch, Delivery, Publication
from delivery.states import State
from notices.models import Version
from portal import checker
from tests import make
from tests.conftest import run_manage

pytestmark = pytest.mark.django_db(transaction=True)


def check(site: str, path: str = "/en/feed.json", *options: str, **names: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with a connection of its own."""
    facts = connection.settings_dict
    where = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    options = options or ("--grace", "0")
    environment = {**os.environ, "DATABASE_URL": where, **names}
    return run_manage("check_delivery", "--url", f"{site}{path}", *options, env=environment)


def severe(**fields: Any) -> Version:
    return make.issued(severity="Severe", **fields)


def send(lane: str = Lane.CRITICAL) -> None:
    for publication in Publication.objects.filter(enlisted_at=None):
        expansion.expand(publication.pk, now=make.now())
    postman.work(lane)


FEEDS = ["/en/feed.json", "/en/feed.atom"]


@pytest.mark.parametrize("path", FEEDS)
def test_severe_notice_that_nobody_has_is_named_until_somebody_has_it(
    live_server: Any, smtp_sink: Any, path: str
) -> None:
    version = severe()
    found = check(live_server.url, path)
    assert found.returncode == 1, found.stderr
    assert f"{version.notice.reference}/1: nobody's mail server" in found.stdout
    send()
    assert len(smtp_sink.envelopes) == 1
    found = check(live_server.url, path)
    assert (found.returncode, found.stdout) == (0, "")
    assert "1 notices looked at" in found.stderr


def test_what_was_accepted_counts_before_its_batch_closes(live_server: Any, smtp_sink: Any) -> None:
    severe()
    send()
    # As the batch stands while a worker is at it: the cursor has passed, the row is written at the end.
    Batch.objects.update(closed_at=None)
    Delivery.objects.update(state=State.PENDING, changed_at=None)
    assert check(live_server.url).returncode == 0
    Batch.objects.update(wire_to=0, done_to=0)
    assert check(live_server.url).returncode == 1


def test_notice_that_never_reached_the_post_office_is_named(live_server: Any) -> None:
    version = severe()
    with connection.cursor() as cursor:  # what is issued is frozen
        cursor.execute("SET session_replication_role = replica")
        Version.objects.filter(pk=version.pk).update(publication_id=None)
        cursor.execute("SET session_replication_role = origin")
    found = check(live_server.url)
    assert found.returncode == 1 and "never given to the post office" in found.stdout


@pytest.mark.parametrize("path", FEEDS)
def test_routine_notice_exercise_and_what_is_fresh_are_not_demanded(live_server: Any, path: str) -> None:
    make.issued(severity="Minor")
    make.issued(severity="Severe", status="Exercise")
    assert check(live_server.url, path).returncode == 0
    severe()
    assert check(live_server.url, path, "--grace", "10").returncode == 0


def test_notice_of_three_days_ago_is_no_longer_demanded(live_server: Any) -> None:
    told = [checker.Told("PD-2026-0001", 1, make.now() - timedelta(hours=49), "Severe")]
    database = connection.get_connection_params()
    assert checker.missing(told, database=database, grace=timedelta(0), now=make.now()) == []
    young = [checker.Told("PD-2026-0001", 1, make.now() - timedelta(hours=47), "Severe")]
    assert "does not know it" in checker.missing(young, database=database, grace=timedelta(0), now=make.now())[0]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Any:
    """A web server with whatever a test puts there; keeps what it is asked."""
    pages: dict[str, Any] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            kind, content, *more = pages.get(self.path.partition("?")[0], ("text/plain", b"ok"))
            if not kind:
                self.wfile.write(content)
                return
            self.send_response(200)
            for name, value in ("Content-Type", kind), *more:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pages, asked
    server.shutdown()


def test_outside_is_told_only_when_all_is_well(live_server: Any, smtp_sink: Any, elsewhere: Any) -> None:
    outside, _pages, asked = elsewhere
    severe()
    assert check(live_server.url, FAIRWAY_CHECKER_URL=f"{outside}/well").returncode == 1
    assert asked == []
    send()
    assert check(live_server.url, FAIRWAY_CHECKER_URL=f"{outside}/well").returncode == 0
    assert asked == ["/well"]


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 100 + b'">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>'
OLD = b'{"_fairway": {"as_of": "2026-01-01T00:00:00+00:00"}, "items": []}'


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("application/feed+json", b"{", "no feed"),
        ("application/feed+json", b'{"items": [1]}', "no feed"),
        ("application/feed+json", OLD, "the feed is of 2026-01-01"),
        ("text/html", b"<html>moved</html>", "no feed"),
        ("application/atom+xml", b"<feed/>", "no feed"),
    ],
)
def test_what_is_no_feed_is_no_good_news(elsewhere: Any, kind: str, content: bytes, words: str) -> None:
    outside, pages, _asked = elsewhere
    pages["/feed"] = (kind, content)
    with pytest.raises(checker.CannotCheck, match=words):
        checker.read(f"{outside}/feed", now=make.now())


EMPTY = b'<feed xmlns="http://www.w3.org/2005/Atom"/>'


def test_answer_that_a_cache_has_kept_is_no_good_news(elsewhere: Any) -> None:
    """Public pages are shown for an hour while the site is away."""
    outside, pages, asked = elsewhere
    now = make.now()
    pages["/feed"] = ("application/atom+xml", EMPTY)
    assert checker.read(f"{outside}/feed", now=now) == []
    with pytest.raises(checker.CannotCheck, match="a cache's"):
        checker.read(f"{outside}/feed", now=now + timedelta(minutes=11))
    pages["/feed"] = ("application/atom+xml", EMPTY, ("Age", "601"))
    with pytest.raises(checker.CannotCheck, match="a cache's"):
        checker.read(f"{outside}/feed?country=FR", now=now)
    assert len(set(asked)) == 3, "each look asks what no cache has kept"
    assert asked[2].startswith("/feed?country=FR&asked=")


def test_answer_that_is_no_http_is_no_good_news(elsewhere: Any) -> None:
    outside, pages, _asked = elsewhere
    pages["/feed"] = ("", b"220 mail.example ESMTP\r\n")
    found = check(outside, "/feed")
    assert found.returncode == 2 and "Cannot check" in found.stderr


def test_text_message_or_a_call_is_no_mail_unless_nobody_is_told_by_mail(live_server: Any, smtp_sink: Any) -> None:
    severe()
    send()
    Batch.objects.update(channel="sms")
    assert check(live_server.url).returncode == 0, "its whole audience has telephones"
    told = Delivery.objects.get()
    Batch.objects.create(publication=told.publication, number=2, lane=Lane.CRITICAL, size=1, due_at=make.now())
    waiting = Delivery.objects.create(
        publication=told.publication,
        address=addresses.get_or_create("late@x.example"),
        message=told.message,
        batch_number=2,
        position=1,
    )
    assert check(live_server.url).returncode == 1
    waiting.state = State.SUPPRESSED
    waiting.save()
    assert check(live_server.url).returncode == 0


def test_entities_of_a_feed_are_not_followed(elsewhere: Any) -> None:
    outside, pages, _asked = elsewhere
    pages["/feed"] = ("application/atom+xml", BOMB)
    assert checker.read(f"{outside}/feed", now=make.now()) == []


def test_site_that_is_away_ends_with_two_and_a_line() -> None:
    found = check("http://127.0.0.1:1")
    assert found.returncode == 2 and "Cannot check" in found.stderr and "Traceback" not in found.stderr
