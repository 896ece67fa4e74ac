"""A copy of what everybody may read, as files: it stays readable when the whole site is lost.

Each copy is a folder of its own; `current` leads to the newest and moves only when that one is whole.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from base import heartbeat
from base.words import CapStatus
from notices.formats import FEEDS
from notices.models import Crisis, Notice, Version
from portal.copied import Copied, Sheet

KEPT_FOR = timedelta(days=30)
CURRENT, KEPT = "current", 2
_COPY = re.compile(r"\d{8}T\d{12}Z")


class Unfit(Exception):
    """Why there is no new copy, in one line."""


@dataclass(frozen=True)
class Made:
    folder: Path
    pages: int
    files: int


def export(to: Path, *, now: datetime) -> Made:
    """Writes a new copy below `to` and lets `current` lead to it. What fails leaves `current` as it was."""
    to.mkdir(parents=True, exist_ok=True)
    with _alone(to):
        for part in to.glob(".part-*"):
            shutil.rmtree(part)
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        part = to / f".part-{name}"
        part.mkdir()
        try:
            made = _write(part, now)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        part.rename(to / name)
        link = to / ".next"
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        link.replace(to / CURRENT)
        copies = sorted(found for found in to.iterdir() if found.is_dir() and _COPY.fullmatch(found.name))
        for old in copies[:-KEPT]:
            shutil.rmtree(old)
    heartbeat.beat("export")
    return Made(to / name, len(made.sheets), made.files)


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """A slow export is not overtaken by the next one."""
    with (to / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit(f"another export into {to} is at work") from None
        yield


# --- What is in it ------------------------------------------------------------------------------------------------


def _write(part: Path, now: datetime) -> Copied:
    try:
        staticfiles_storage.url("css/tokens.css")
    except ValueError as error:  # hashed names are known once files are collected
        raise Unfit(f"{error} Run manage.py collectstatic") from None
    ask = _Asker()
    versions = _versions(now)
    leads = dict(_leads(versions))
    copied = Copied(part, site=settings.FAIRWAY_SITE_URL, sheets={*leads, *_pages(versions)}, now=now)
    for sheet in sorted(copied.sheets, key=lambda sheet: sheet.path):
        with translation.override(sheet.language):
            copied.keep(sheet, leads[sheet] if sheet in leads else ask.for_bytes(sheet.path))
    for name in sorted(copied.static):
        if not staticfiles_storage.exists(name):
            raise Unfit(f"{name} is not among the collected files: run manage.py collectstatic")
        with staticfiles_storage.open(name) as file:
            copied.keep_static(name, file.read())
    return copied


def _versions(now: datetime) -> dict[str, list[int]]:
    """Reference → numbers of the versions that went out, of each notice in force or over since `KEPT_FOR`."""
    kept = Notice.objects.in_force_or_over(now, since=now - KEPT_FOR)
    public = Version.objects.public().filter(notice__in=kept, issued_at__lte=now, status=CapStatus.ACTUAL)
    found: dict[str, list[int]] = {}
    for reference, number in public.values_list("notice__reference", "number"):
        found.setdefault(str(reference), []).append(number)
    return found


Asked = tuple[str, list[object]]  # the name of an address and its arguments


def _lists(versions: dict[str, list[int]]) -> Iterator[Asked]:
    return ((name, []) for name in ("home", "board", "map", "call_list"))


def _notices(versions: dict[str, list[int]]) -> Iterator[Asked]:
    for reference, numbers in versions.items():
        yield "notice", [reference]
        yield from (("notice_version", [reference, number]) for number in numbers)


def _crises(versions: dict[str, list[int]]) -> Iterator[Asked]:
    yield "crises", []
    for reference in Crisis.objects.values_list("reference", flat=True):  # few, and an archive is for keeping
        yield "crisis", [reference]


# What the copy holds in each language, given the versions in it: whoever has further pages adds a line here.
PAGES: tuple[Callable[[dict[str, list[int]]], Iterator[Asked]], ...] = (_lists, _notices, _crises)
FILES = ("board_csv", *(feed.name for feed in FEEDS))


def _pages(versions: dict[str, list[int]]) -> Iterator[Sheet]:
    official = settings.FAIRWAY_OFFICIAL_LANGUAGE
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name, arguments in (asked for pages in PAGES for asked in pages(versions)):
                yield Sheet(reverse(name, args=arguments), language)
            yield from (Sheet(reverse(name), language, is_page=False) for name in FILES)
    for reference, numbers in versions.items():
        for number in numbers:
            yield Sheet(reverse("cap_message", args=[reference, number]), official, is_page=False)


def _leads(versions: dict[str, list[int]]) -> Iterator[tuple[Sheet, bytes]]:
    """Addresses without a language, with the small page that leads on from each."""
    official = settings.FAIRWAY_OFFICIAL_LANGUAGE
    yield _lead("/", "home", [], official)
    for reference, numbers in versions.items():
        yield _lead(reverse("permanent", args=[reference]), "notice", [reference], official)
        for number in numbers:
            one = [reference, number]
            yield _lead(reverse("permanent_version", args=one), "notice_version", one, official)


def _lead(path: str, name: str, arguments: list[object], official: str) -> tuple[Sheet, bytes]:
    ways = []
    for code, called in settings.LANGUAGES:
        with translation.override(code):
            ways.append((code, called, reverse(name, args=arguments)))
    first = next(way for code, _called, way in ways if code == official)
    facts = {"ways": ways, "first": first, "language": official, "title": " ".join(map(str, arguments))}
    with translation.override(official):
        text = render_to_string("portal/copy_lead.html", facts | {"service_name": settings.FAIRWAY_SERVICE_NAME})
    return Sheet(path, official), text.encode()


class _Asker:
    """Asks the site itself, middleware and all, as somebody who is not signed in."""

    def __init__(self) -> None:
        self.handler = BaseHandler()
        self.handler.load_middleware()
        site = urlsplit(settings.FAIRWAY_SITE_URL)
        self.environ = {
            "REQUEST_METHOD": "GET",
            "HTTP_HOST": site.netloc,
            "SERVER_NAME": site.hostname or "",
            "SERVER_PORT": str(site.port or (443 if settings.HTTPS else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_X_FORWARDED_PROTO": site.scheme,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": site.scheme,
        }

    def for_bytes(self, path: str) -> bytes:
        asked = WSGIRequest({**self.environ, "PATH_INFO": path, "wsgi.input": BytesIO()})
        answer = self.handler.get_response(asked)
        if answer.status_code != 200 or not isinstance(answer, HttpResponse):
            raise Unfit(f"{path} answers {answer.status_code}")
        return bytes(answer.content)
