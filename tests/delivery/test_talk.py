"""A mail server that is out of step: no answer is taken for that of another command."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from delivery import postman
from delivery.models import Delivery
from delivery.states import State

from .test_pipe import forget_failures, make_due, publish, run_all, states

pytestmark = pytest.mark.django_db(transaction=True)


class Odd(socketserver.ThreadingTCPServer):
    """Answers DATA and the final dot with what it is told to, and keeps the mails it has."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, data: bytes, end: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.data, self.end = data, end
        self.kept: list[bytes] = []


class Session(socketserver.StreamRequestHandler):
    server: Odd

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            if line.startswith(b"EHLO"):
                self.wfile.write(b"250-here\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif line.startswith(b"DATA"):
                self.wfile.write(self.server.data)
                if self.server.data.startswith(b"354"):
                    self.server.kept.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.wfile.write(self.server.end)
            else:
                self.wfile.write(b"250 fine\r\n")


@contextmanager
def odd(settings: Any, *, data: bytes = b"354 go on\r\n", end: bytes = b"250 kept\r\n") -> Iterator[Odd]:
    with Odd(data, end) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_PORT, settings.FAIRWAY_MAIL_CONNECTIONS = server.server_address[1], 1
        postman.channel().close()
        yield server
        postman.channel().close()
        server.shutdown()


@pytest.mark.parametrize("data", [b"250 fine\r\n", b"355 what\r\n", b"hello\r\n"])
def test_server_that_lets_no_mail_in_has_none_whatever_it_says(settings: Any, data: bytes) -> None:
    with odd(settings, data=data) as server:
        publish(3)
        run_all()
    assert server.kept == []
    assert states() == {State.DEFERRED: 3}


def test_stray_line_after_a_mail_is_no_answer_to_the_next_one(settings: Any) -> None:
    """The mail may be there or not: it goes once more, counted as perhaps twice, and nobody is passed over."""
    with odd(settings, end=b"note: queued\r\n250 kept\r\n") as server:
        publish(3)
        run_all()
        server.end = b"250 kept\r\n"
        forget_failures()
        make_due()
        run_all()
    assert states() == {State.ACCEPTED: 3}
    for to in Delivery.objects.values_list("address__key", flat=True):
        assert any(f"To: {to}".encode() in mail for mail in server.kept), f"{to} was passed over"
    doubled = len(server.kept) - 3
    assert 0 < doubled <= Delivery.objects.filter(twice=True).count()
