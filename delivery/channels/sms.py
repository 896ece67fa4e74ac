"""Text messages: counted before they are sent, capped by the day, to countries on the list alone.

They cost money and have no Message-ID: what is in doubt goes again only where a missed one costs more. At the cap
they wait for the next day; a message to one person, such as a code, would be stale by then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date

from base.short import measure
from base.words import Lane
from delivery import allowed, numbers, seals, spending
from delivery.claim import BACKOFF_S, CAP, Item
from delivery.gateways import FEW, Gateway, Said, gateway, remember
from delivery.models import Message
from delivery.outcomes import Outcome
from delivery.states import State

TOGETHER = 8


@dataclass(frozen=True)
class Text:
    """One message, paid for and ready to be handed over without the database."""

    item: Item
    words: str
    ref: str
    parts: int
    day: date


class SmsChannel:
    steps = BACKOFF_S
    in_a_row = 0  # refusals since something was taken

    def window(self, lane: str) -> int:
        return TOGETHER

    def resends(self, lane: str) -> bool:
        return lane == Lane.CRITICAL

    def refuses_us(self, outcome: Outcome) -> bool:
        """Each number was confirmed by a code: where many are refused, it is rather us."""
        return outcome.state == State.FAILED

    def blocked(self, why: str) -> bool:
        """The texts alone wait: the mails of the same notice go on."""
        return True

    def close(self) -> None:
        return

    def send(self, items: Iterable[Item], *, end: float, until: float) -> Iterator[Outcome]:
        todo, carrier = list(items), gateway()
        if time.monotonic() >= end:
            return
        if carrier is None:
            yield from (Outcome(item.id, State.STOPPED, "no gateway", "FAIRWAY_SMS_URL is not set") for item in todo)
            return
        ready = list[Text]()
        for made in _texts(todo):
            if isinstance(made, Outcome):
                yield made
            else:
                ready.append(made)
        if ready:
            yield from self._hand_over(carrier, ready, until)

    def _hand_over(self, carrier: Gateway, ready: list[Text], until: float) -> Iterator[Outcome]:
        """Tells every outcome before it asks the database for anything: if it is away, the cap alone is inexact."""
        said = list[tuple[Text, Said]]()
        with ThreadPoolExecutor(len(ready), "sms") as pool:
            under_way = {
                pool.submit(carrier.send, one.item.to, one.words, one.ref, until=until): one for one in ready
            }
            for done in as_completed(under_way):
                said.append((under_way[done], done.result()))
                text, (state, code, reply) = said[-1]
                if state != State.FAILED:
                    yield Outcome(text.item.id, state, code, reply)
        refused = [one for one in said if one[1][0] == State.FAILED]
        taken = any(state == State.ACCEPTED for _text, (state, _code, _reply) in said)
        self.in_a_row = 0 if taken else self.in_a_row + len(refused)
        for text, (state, code, reply) in refused:
            state, code = (State.DEFERRED, "policy") if self.in_a_row >= FEW else (state, code)
            yield Outcome(text.item.id, state, code, reply)
        remember([(state, code) for _text, (state, code, _reply) in said], in_a_row=self.in_a_row if refused else 0)
        for text, (state, _code, _reply) in said:
            if state in (State.DEFERRED, State.FAILED):
                spending.give_back(numbers.CHANNEL, parts=text.parts, day=text.day)


def _texts(items: list[Item]) -> Iterator[Text | Outcome]:
    """What may be sent, paid for; and the outcome of what may not."""
    messages = Message.objects.select_related("publication").in_bulk({item.message_id for item in items})
    for item in items:
        message = messages[item.message_id]
        lane = message.publication.lane
        words = str(message.bodies.get(numbers.CHANNEL, ""))
        if not words:
            yield Outcome(item.id, State.PARKED, "unfit", "it has no words for this channel")
        elif not allowed.may_reach(item.to):
            yield Outcome(item.id, State.STOPPED, "not allowed", "not on the allow-list")
        elif not numbers.is_allowed(item.to):
            yield Outcome(item.id, State.STOPPED, "country", "numbers of this country are not written to")
        elif day := spending.take(numbers.CHANNEL, parts=(parts := measure(words).parts), lane=lane):
            yield Text(item, words, seals.seal(numbers.CHANNEL, item.id), parts, day)
        else:
            state = State.STOPPED if lane == Lane.PERSONAL else State.DEFERRED
            yield Outcome(item.id, state, CAP, "the text messages of this day are used up")
