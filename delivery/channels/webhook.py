"""Webhooks (Standard Webhooks 1.0): signed calls to machines that others name, side by side, each within 15 s.

All calls of a window are made at once, so that an endpoint that is slow delays no other one; one that failed a
moment ago rests and is not even called. The id of a call is the same over all its tries.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from base import http
from base.words import Lane
from delivery import allowed, endpoints, signing
from delivery.claim import Item
from delivery.models import Endpoint, Message
from delivery.outcomes import Outcome
from delivery.states import State

TOGETHER = 64
GONE = 410


@dataclass(frozen=True)
class Call:
    """One request, ready to be made without the database."""

    item: Item
    endpoint: Endpoint
    uid: str
    body: bytes
    trial: bool


class WebhookChannel:
    steps = (5, 60, 300, 1_800, 3_600, 7_200, 14_400)

    def window(self, lane: str) -> int:
        return TOGETHER

    def resends(self, lane: str) -> bool:
        return True

    def refuses_us(self, outcome: Outcome) -> bool:
        return False

    def blocked(self, why: str) -> bool:
        return False

    def close(self) -> None:
        return

    def send(self, items: Iterable[Item], *, end: float, until: float) -> Iterator[Outcome]:
        now, calls = timezone.now(), list[Call]()
        if time.monotonic() >= end:
            return
        for made in _calls(list(items)):
            if isinstance(made, Outcome):
                yield made
            elif endpoints.rests(made.endpoint, now) and not made.trial:
                yield Outcome(made.item.id, State.DEFERRED, "rests", "it failed a moment ago")
            else:
                calls.append(made)
        if not calls:
            return
        with ThreadPoolExecutor(len(calls), "webhook") as pool:
            under_way = {pool.submit(_made, call, now, until): call for call in calls}
            told = list[tuple[Call, Outcome]]()
            for done in as_completed(under_way):
                told.append((under_way[done], _told(under_way[done], done)))
                yield told[-1][1]
        for call, outcome in told:
            _remember(call, outcome)


def _calls(items: list[Item]) -> Iterator[Call | Outcome]:
    found = {one.address_id: one for one in Endpoint.objects.filter(address__in=[item.address_id for item in items])}
    texts = Message.objects.select_related("publication").in_bulk({item.message_id for item in items})
    for item in items:
        endpoint, message = found[item.address_id], texts[item.message_id]
        trial = message.publication.lane == Lane.PERSONAL
        if (endpoint.paused_at and not trial) or not endpoint.url:
            yield Outcome(item.id, State.SUPPRESSED, "paused")
        elif endpoints.CHANNEL not in message.bodies:
            yield Outcome(item.id, State.PARKED, "unfit", "it has no words for this channel")
        elif not allowed.may_reach(endpoint.url):
            yield Outcome(item.id, State.STOPPED, "not allowed", "not on the allow-list")
        else:
            uid = message.headers.get("webhook-id") or endpoints.call_id(item.id)
            yield Call(item, endpoint, uid, _body(endpoint, message.bodies), trial)


def _body(endpoint: Endpoint, bodies: dict[str, Any]) -> bytes:
    said = bodies["chat" if endpoint.preset == Endpoint.Preset.CHAT else endpoints.CHANNEL]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _made(call: Call, now: datetime, until: float) -> http.Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"} | _signature(call, now)
    return http.call(http.check(call.endpoint.url), body=call.body, headers=headers, until=until)


def _signature(call: Call, now: datetime) -> dict[str, str]:
    at, keys = int(now.timestamp()), endpoints.secrets_of(call.endpoint, now)
    signed = [signing.sign(key, uid=call.uid, at=at, body=call.body) for key in keys]
    return {"webhook-id": call.uid, "webhook-timestamp": str(at), "webhook-signature": " ".join(signed)}


def _told(call: Call, done: Future[http.Answer]) -> Outcome:
    code, reply = _read(done)
    if code.isdecimal() and 200 <= int(code) < 300:
        return Outcome(call.item.id, State.ACCEPTED, code, reply)
    state = State.FAILED if call.trial or code == str(GONE) else State.DEFERRED
    return Outcome(call.item.id, state, code, reply)


def _remember(call: Call, outcome: Outcome) -> None:
    """How the endpoint fares. Written when every outcome is told, since the database may be away by now."""
    if outcome.state == State.ACCEPTED:
        endpoints.came_through(call.endpoint)
    elif not call.trial:
        endpoints.failed(call.endpoint, gone=outcome.state == State.FAILED, now=timezone.now())


def _read(done: Future[http.Answer]) -> tuple[str, str]:
    """A code and words: the other side's, or ours where it said nothing."""
    try:
        answer = done.result()
    except http.Forbidden as error:
        return "forbidden", str(error)
    except http.NotReached as error:
        return "unreached", str(error)
    except http.Cut as error:
        return "silent", str(error)
    words = answer.body[:600].decode("utf-8", "replace")
    return str(answer.status), "".join(sign if sign.isprintable() else " " for sign in words)
