"""Another body's web site: a real server on loopback that answers by path, and may change its mind."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from notices.incoming import fetching
from notices.models import Source
from tests import make
from tests.base import hostile

Page = bytes | Callable[[socket.socket], None]


def page(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Site:
    """`pages`: path → the whole answer, or a way to behave."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.server = hostile.Server(self._answer)
        self.base = f"http://127.0.0.1:{self.server.port}"

    def _answer(self, talk: socket.socket) -> None:
        answer = self.pages.get(self.paths[-1], page(b"", "404 Not Found"))
        talk.sendall(answer) if isinstance(answer, bytes) else answer(talk)

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode() for request in self.server.asked]

    def source(self, path: str, form: str, **fields: Any) -> Source:
        at = fields.pop("office", None) or make.office()
        by = fields.pop("by", None) or make.user("officer", at=at)
        made: Source = Source.objects.create(
            name="Harbour master", url=self.base + path, form=form, office=at, added_by=by, added_at=make.now(),
            due_at=make.now(), **fields,
        )  # fmt: skip
        return made


@contextmanager
def site(**pages: Page) -> Iterator[Site]:
    """`pages`: name → what stands at /name."""
    made = Site()
    made.pages = {f"/{name}": body for name, body in pages.items()}
    try:
        yield made
    finally:
        made.server.close()


def look(source: Source, now: datetime) -> Source:
    fetching.look(source, now=now)
    source.refresh_from_db()
    return source
