"""E-mail over SMTP (RFC 5321): kept connections, pipelined where the server offers it (RFC 2920).

One envelope a person. A refused recipient never ends a batch. What happened is known by phase: before the final
dot a lost mail may be sent again freely; after it, without a reply, both sides may own it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from base import failpoints
from base.words import Lane
from delivery import allowed, envelope, relays
from delivery.claim import BACKOFF_S, Item
from delivery.outcomes import Outcome
from delivery.relays import Relay
from delivery.states import State
from delivery.verdicts import Fault, verdict

from .smtp import ACCEPTED, Connection, SecureConnection
from .talk import Error, Ready, Talk, not_reached

log = logging.getLogger(__name__)

BULK = (Lane.ROUTINE, Lane.DIGEST)
BULK_WINDOW = 50
RESTED_S = 2.0
AWAKE_S = 5.0
FEWEST_REFUSED = 10
REFUSED_SHARE = 0.2
CHOSEN_S = 15.0  # then it is asked whether a better relay works again


class Resting(Exception):
    """No relay is to be asked at the moment."""


class EmailChannel:
    """Keeps `FAIRWAY_MAIL_CONNECTIONS` for the life of the worker process, opened again when they were cut.

    A mail is said on each, then the answers are waited for together: a distant server costs its way once a round, and
    a near one is kept busy while this side builds the next mails.
    """

    steps = BACKOFF_S

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.relay: Relay | None = None
        self.chosen_at = self.used_at = 0.0
        self.answered = self.refusals = 0  # of this relay; refusals of us, whoever the mail was for
        self.took = False  # the relay took a mail since it was chosen: what was wrong with it before is over

    def window(self, lane: str) -> int:
        """One on each connection where a doubled mail weighs most, else fifty in all."""
        return BULK_WINDOW if lane in BULK else settings.FAIRWAY_MAIL_CONNECTIONS

    def resends(self, lane: str) -> bool:
        return True

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self.connections = []

    def send(self, items: Iterable[Item], *, end: float, until: float) -> Iterator[Outcome]:
        allowed_items, stopped = allowed.part(items)
        yield from stopped
        refused: dict[int, Outcome] = {}
        for outcome in self._send(deque(allowed_items), end, until):
            self.answered += 1
            if outcome.state == State.FAILED and self.refuses_us(outcome):
                refused[outcome.id] = outcome
            else:
                yield outcome
        if refused:
            yield from self._elsewhere([item for item in allowed_items if item.id in refused], refused, end, until)

    def _elsewhere(
        self, items: Sequence[Item], refused: dict[int, Outcome], end: float, until: float
    ) -> Iterator[Outcome]:
        """Nobody fails because one relay refuses us: the other is asked too, and many refusals rest the first."""
        todo, took, relay = deque(items), self.took, self.relay
        other = relays.choose(without=[relay.name]) if relay and len(relays.relays()) > 1 else None
        if relay and other:
            self.refusals += len(items)
            try:
                connection = _connected(other, until)
                yield from self._converse([Talk(connection)], todo, end)
                connection.close()
            except Error as error:
                relays.failed(other, str(error))
            self.took = took
            if self.refusals >= FEWEST_REFUSED and self.refusals > REFUSED_SHARE * self.answered:
                relays.blocked(relay, refused[items[0].id].reply)
                self.close()
        yield from (refused[item.id] for item in todo)

    def _send(self, todo: deque[Item], end: float, until: float) -> Iterator[Outcome]:
        for message_id in {item.message_id for item in todo}:
            envelope.letter(message_id)  # a database that is away says so before anything is on the wire
        tried: list[str] = []
        while todo and time.monotonic() < end:
            relay = self._relay(tried)
            if relay is None:
                yield from (not_reached(item, Resting("every mail server rests")) for item in todo)
                return
            try:
                most = 1 if relay.on_trial and not self.took else settings.FAIRWAY_MAIL_CONNECTIONS
                connections = self._open(relay, min(most, len(todo)), until)
            except Error as error:
                self.close()
                relays.failed(relay, str(error))
                tried.append(relay.name)
                if len(tried) == len(relays.relays()):
                    yield from (not_reached(item, error) for item in todo)
                    return
                continue
            took = self.took
            yield from self._converse([Talk(connection) for connection in connections], todo, end)
            if self.took and not took:
                relays.worked(relay)
            elif not self.took and all(one.sock is None for one in self.connections):
                relays.failed(relay, "it hung up before the first mail")

    def refuses_us(self, outcome: Outcome) -> bool:
        return outcome.state == State.FAILED and verdict(outcome.code, outcome.reply).fault is Fault.OURS

    def blocked(self, why: str) -> bool:
        """The relay refuses us by policy: rests it; True if there is another one."""
        if self.relay is not None:
            relays.blocked(self.relay, why)
        self.close()
        return relays.choose() is not None

    def _relay(self, tried: Sequence[str]) -> Relay | None:
        """The relay of the kept connections; asked again when there are none, and now and then."""
        kept = self.relay if any(one.sock is not None for one in self.connections) else None
        if kept is not None and time.monotonic() - self.chosen_at < CHOSEN_S:
            return kept
        chosen = relays.choose(without=tried)
        if chosen != self.relay:
            self.close()
        self.relay, self.chosen_at, self.took = chosen, time.monotonic(), False
        self.answered = self.refusals = 0
        return chosen

    def _converse(self, talks: list[Talk], todo: deque[Item], end: float) -> Iterator[Outcome]:
        """Sends until all is sent, all connections are lost or time is up; what was not begun is back in `todo`."""
        stock: deque[Ready] = deque()
        yield from self._stock_up(stock, todo, len(talks), talks[0].connection)
        for talk in talks:
            if stock:
                talk.begin(stock.popleft())
        while talks := [talk for talk in talks if talk.mail is not None]:
            going_on = time.monotonic() < end
            if not going_on:
                todo.extendleft(ready.item for ready in reversed(stock))
                stock.clear()
            yield from self._stock_up(stock, todo, len(talks) if going_on else 0, talks[0].connection)
            for talk in talks:
                talk.hand_over(stock.popleft() if stock and talk.looks_ahead else None)
            # While the other side works:
            yield from self._stock_up(stock, todo, len(talks) if going_on else 0, talks[0].connection)
            for talk in talks:
                outcome = talk.end()
                if outcome is not None:
                    self.took = self.took or outcome.state == State.ACCEPTED
                    if failpoints.ARMED:
                        failpoints.reached("after_250")
                    yield outcome
                if talk.lost:
                    todo.extendleft(reversed(talk.unsaid()))
                    talk.mail = None
                elif talk.mail is None and stock:
                    talk.begin(stock.popleft())
        todo.extendleft(ready.item for ready in reversed(stock))

    def _stock_up(
        self, stock: deque[Ready], todo: deque[Item], wanted: int, connection: Connection
    ) -> Iterator[Outcome]:
        """Builds mails ahead; yields an outcome for each that cannot be built: it takes no other along."""
        while len(stock) < wanted and todo:
            item = todo.popleft()
            try:
                stock.append(_ready(item, eight_bit=connection.eight_bit))
            except Exception as error:  # whatever is wrong with one mail
                log.exception("delivery %s cannot be made into a mail", item.id)
                yield Outcome(item.id, State.PARKED, "unfit", str(error))

    def _open(self, relay: Relay, wanted: int, until: float) -> list[Connection]:
        """So many open connections, or fewer if the server takes no more; missing ones are opened together."""
        self.connections = [one for one in self.connections if one.sock is not None]
        if time.monotonic() - self.used_at > RESTED_S:
            self.connections = [one for one in self.connections if _awake(one, until)]
        missing = wanted - len(self.connections)
        if missing == 1:
            self.connections.append(_connected(relay, until))
        elif missing > 1:
            self._open_together(relay, missing, until)
        for connection in self.connections:
            connection.until = until
        self.used_at = time.monotonic()
        return self.connections[:wanted]

    def _open_together(self, relay: Relay, number: int, until: float) -> None:
        with ThreadPoolExecutor(number) as pool:
            attempts = [pool.submit(_connected, relay, until) for _number in range(number)]
        opened = [attempt.result() for attempt in attempts if attempt.exception() is None]
        self.connections += opened
        if not self.connections:
            attempts[0].result()  # raises why


def _connected(relay: Relay, until: float) -> Connection:
    connection = SecureConnection(relay) if relay.tls else Connection(relay)
    connection.until = until
    try:
        connection.open()
    except Error:
        connection.close()
        raise
    return connection


def _awake(connection: Connection, until: float) -> bool:
    """A server may have ended a connection that rested; asking costs less than a mail that waits a minute."""
    connection.until = min(until, time.monotonic() + AWAKE_S)
    try:
        alive = connection.noop()[0] == ACCEPTED
    except Error:
        alive = False
    if not alive:
        connection.close()
    return alive


def _ready(item: Item, *, eight_bit: bool) -> Ready:
    letter, to = envelope.letter(item.message_id), item.to.encode("ascii")
    mail = letter.data(
        delivery_id=item.id,
        address_id=item.address_id,
        to=to,
        greeting=item.greeting,
        why=item.why,
        eight_bit=eight_bit,
    )
    return Ready(item, letter.commands(item.id, to, eight_bit=eight_bit), mail)
