"""Whoever carries our text messages: any gateway that takes a POST, as the settings describe it, or a file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings

from base import heartbeat, http

from .states import State

Said = tuple[State, str, str]  # state, code, reply

# Nobody's number is at fault when the gateway knows us not, or not now.
OURS = (401, 402, 403, 404, 405, 425, 429)
WRONG = "settings"
# Our key or a setting is wrong, or our account empty: no patience mends that.
NOT_US = ("401", "402", "403", WRONG)
TOOK, REFUSED = "gateway:took", "gateway:refused"
STALE_S = 6 * 3_600.0  # a refusal that nothing followed says little of how it is now
# A middleman gave up waiting, or lost the answer: the gateway behind it may have taken the message. 502, 503, 521 and
# 523 say in all but rare cases that there was no gateway behind it: nothing was taken.
IN_DOUBT = (408, 504, 520, 522, 524)
FEW = 3  # refusals in a row: that so many numbers are all wrong is less likely than that we are


class Gateway(Protocol):
    def send(self, to: str, text: str, ref: str, *, until: float) -> Said:
        """Hands one message over; `ref` is the same over all tries. Nothing goes on past `until` (monotonic)."""


class HttpGateway:
    """One POST a message, as a form or as JSON; the names of its fields are settings."""

    def send(self, to: str, text: str, ref: str, *, until: float) -> Said:
        if mistake := wrong():
            return State.DEFERRED, WRONG, mistake
        values = {"to": to, "text": text, "from": settings.FAIRWAY_SMS_FROM, "ref": ref}
        named = {theirs: values[ours] for ours, theirs in settings.FAIRWAY_SMS_FIELDS.items() if theirs}
        fields = {**settings.FAIRWAY_SMS_MORE, **named}
        as_json = settings.FAIRWAY_SMS_FORM == "json"
        kind = "application/json" if as_json else "application/x-www-form-urlencoded; charset=utf-8"
        body = (json.dumps(fields, ensure_ascii=False) if as_json else urlencode(fields)).encode()
        headers = {"Content-Type": kind, **settings.FAIRWAY_SMS_HEADERS}
        try:
            answer = http.call(
                http.own(settings.FAIRWAY_SMS_URL), body=body, headers=headers, until=until, trusted=True
            )
        except http.NotReached as error:
            return State.DEFERRED, "unreached", str(error)
        except http.Cut as error:
            return State.UNCERTAIN, "cut", str(error)
        return _read(answer)


def wrong() -> str:
    """Which setting keeps every message from leaving, without its value: it may hold a key; empty if none does."""
    try:
        http.own(settings.FAIRWAY_SMS_URL)
    except http.Forbidden:
        return "FAIRWAY_SMS_URL is no address that is called; keys go into FAIRWAY_SMS_HEADERS or FAIRWAY_SMS_MORE"
    try:
        re.compile(settings.FAIRWAY_SMS_SUCCESS)
    except re.error:
        return "FAIRWAY_SMS_SUCCESS is no regular expression"
    headers = [f"{name}{value}" for name, value in settings.FAIRWAY_SMS_HEADERS.items()]
    if not all(one.isprintable() and one == one.encode("latin-1", "replace").decode("latin-1") for one in headers):
        return "FAIRWAY_SMS_HEADERS holds a sign that no header can"
    return ""


def _read(answer: http.Answer) -> Said:
    words = answer.body.decode("utf-8", "replace")
    reply = "".join(sign if sign.isprintable() else " " for sign in words[:300])
    status, pattern = answer.status, settings.FAIRWAY_SMS_SUCCESS
    if 200 <= status < 300:
        if not pattern or re.search(pattern, words):
            return State.ACCEPTED, str(status), reply
        # What never came may have said that it was taken.
        return (State.DEFERRED, "refused", reply) if answer.whole else (State.UNCERTAIN, "cut", f"{status} {reply}")
    if status in IN_DOUBT:
        return State.UNCERTAIN, "cut", f"{status} {reply}"
    if status in OURS or status >= 500 or status < 400:
        return State.DEFERRED, str(status), reply
    return State.FAILED, str(status), reply


def remember(said: Iterable[tuple[State, str]], *, in_a_row: int = 0) -> None:
    """Whether the gateway takes us. One that took any of them knows us, whatever it says of some numbers.

    One that refused `in_a_row` and took none means us too: an unknown sender, no money left.
    """
    told = list(said)
    if any(state == State.ACCEPTED for state, _code in told):
        heartbeat.beat(TOOK)
    elif in_a_row >= FEW or any(code in NOT_US for _state, code in told):
        heartbeat.beat(REFUSED)


def refuses_us() -> bool:
    """It refused us lately and has taken nothing since."""
    ages = heartbeat.ages()
    return bool(settings.FAIRWAY_SMS_URL) and ages.get(REFUSED, STALE_S) < min(ages.get(TOOK, STALE_S), STALE_S)


class FileGateway:
    """Appends one JSON object a line and tells the disk: for a demo and for tests."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, to: str, text: str, ref: str, *, until: float) -> Said:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"at": at, "to": to, "from": settings.FAIRWAY_SMS_FROM, "text": text, "ref": ref})
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return State.DEFERRED, "unreached", str(error)
        return State.ACCEPTED, "200", "kept"


def gateway() -> Gateway | None:
    """The one that is set; None if no text messages are sent."""
    url = settings.FAIRWAY_SMS_URL
    if not url:
        return None
    split = urlsplit(url)
    return FileGateway(Path(unquote(split.path))) if split.scheme == "file" else HttpGateway()
