"""The only writer of new rows: publications, messages, batches, deliveries.

When a batch is due is told by PostgreSQL's clock alone, since the workers' claims are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Greatest, Now

from base import audit
from base.words import Lane

from . import addresses
from .models import Address, Batch, Delivery, Message, Publication
from .sealed import Sealed
from .states import State

# A chunk is a range of addresses, so that each costs the same however many follow.
CHUNK = 10_000
LEAPS = (1_000, 4_000, 16_000, 64_000)  # ids looked ahead over where nobody is concerned: the next may be near
BATCH = 500
PERSONAL_LIFE = timedelta(hours=24)
# What was never tried is due since yesterday: before every retry, and also when a clock is set back by hours.
AT_ONCE = timedelta(days=1)

# (after this address id, up to that one) → SQL and parameters of rows (address_id, language, greeting, variant, why),
# one row an address, in order of address_id.
People = Callable[[int, int], tuple[str, Sequence[Any]]]

# Numbers of ours are written into it by `format`; what came from elsewhere is a parameter.
_FRESH = """
WITH people AS ({people}),
fresh AS (
    SELECT p.*, a.channel
    FROM people p JOIN delivery_address a ON a.id = p.address_id
    WHERE NOT EXISTS (SELECT 1 FROM delivery_delivery d
                      WHERE d.publication_id = {publication} AND d.address_id = p.address_id)
      -- As an expression, since without statistics the index by channel would be read whole for each person.
      AND a.channel || '' = ANY(%s::text[])
)
"""
_NEAREST = f"{_FRESH} SELECT address_id FROM fresh ORDER BY address_id LIMIT 1"  # noqa: S608 - made of constants
_ENLIST = f"{_FRESH}," + """
counted AS (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY address_id) - 1 AS n FROM fresh),
heaps AS MATERIALIZED (
    SELECT channel, {base} + sum(batches) OVER (ORDER BY channel) - batches AS first
    FROM (SELECT channel, (count(*) + {size} - 1) / {size} AS batches FROM counted GROUP BY channel) one
),
texts AS MATERIALIZED (
    SELECT spoken.language, spoken.variant,
           (SELECT m.id FROM delivery_message m WHERE m.publication_id = {publication}
            ORDER BY (m.variant = spoken.variant) DESC, (m.variant = '') DESC, (m.language = spoken.language) DESC,
                     (m.language = %s) DESC, m.id LIMIT 1) AS id
    FROM (SELECT DISTINCT language, variant FROM counted) spoken
),
made AS (
    INSERT INTO delivery_delivery
        (publication_id, address_id, message_id, batch_number, position, greeting, why,
         state, attempts, code, reply, twice)
    SELECT {publication}, f.address_id, t.id, h.first + f.n / {size}, f.n %% {size} + 1, left(f.greeting, 200),
           left(f.why, 240), 'pending', 0, '', '', false
    FROM counted f JOIN heaps h USING (channel) JOIN texts t USING (language, variant)
    ON CONFLICT DO NOTHING RETURNING batch_number
)
SELECT coalesce(max(batch_number), 0) FROM made
"""  # noqa: S608 - made of constants
_UPTO = "SELECT max(id) FROM (SELECT id FROM delivery_address WHERE id > %s ORDER BY id LIMIT %s) near"
_NUMBER = """
INSERT INTO delivery_batch (publication_id, number, lane, channel, size, due_at, wire_to, done_to)
SELECT d.publication_id, d.batch_number, %s, min(a.channel), count(*),
       clock_timestamp() - make_interval(secs => %s), 0, 0
FROM delivery_delivery d JOIN delivery_address a ON a.id = d.address_id
WHERE d.publication_id = %s AND d.batch_number >= %s GROUP BY d.publication_id, d.batch_number
RETURNING channel
"""


def open(
    *,
    key: str,
    lane: str,
    messages: Iterable[Sealed],
    audience: dict[str, Any],
    give_up_at: datetime,
    now: datetime,
    replaces: Iterable[int] = (),
) -> Publication:
    """Opens the publication `key` and supersedes what it `replaces` (publication ids); opened twice, it is one.

    Call it inside the transaction of the deed: both happen or neither.
    """
    with transaction.atomic():
        publication, made = Publication.objects.get_or_create(
            key=key,
            defaults={"lane": lane, "audience": audience, "give_up_at": give_up_at, "created_at": now},
        )
        if made:
            add_messages(publication, messages=messages)
            _end(Publication.objects.filter(pk__in=list(replaces)), State.SUPERSEDED, now)
    return publication


def _end(publications: QuerySet[Publication], state: State, now: datetime) -> int:
    """Ends publications, paused ones too. Retries come due at once, so that each row soon says why it stays."""
    ended = list(publications.filter(stopped_at=None).values_list("pk", flat=True))
    Batch.objects.filter(publication_id__in=ended, closed_at=None, due_at__gt=Now()).update(due_at=Now())
    return Publication.objects.filter(pk__in=ended, stopped_at=None).update(
        stopped_at=now, stop_state=state, held_at=None
    )


def add_messages(publication: Publication, *, messages: Iterable[Sealed]) -> None:
    """Adds texts, such as a relay's variant; one that is there already stays as it is."""
    Message.objects.bulk_create(
        (
            Message(publication=publication, **asdict(sealed)) for sealed in messages
        ),
        ignore_conflicts=True,
    )


def enlist(
    publication_id: int,
    *,
    people: Callable[[Publication], People],
    official_language: str,
    now: datetime,
    width: int = CHUNK,
) -> frozenset[str] | None:
    """Writes the next chunk of deliveries, of the next `width` addresses, and moves the cursor in one transaction.

    By which channels they go (none, if nobody there is concerned: then on to the next who is); None when all is done.

    Safe to run twice, at once or after a crash: the row of the publication is locked, an address counts once.
    `people` is asked about the locked row, since a relay may have made its audience wider a moment ago.
    """
    with transaction.atomic():
        publication = Publication.objects.select_for_update().get(pk=publication_id)
        if publication.enlisted_at is not None:
            return None
        upto = _upto(publication.cursor, width)
        if upto is None:
            Publication.objects.filter(pk=publication_id).update(enlisted_at=now)
            return None
        channels, concerned = channels_of(publication), people(publication)
        used = _write(publication, concerned(publication.cursor, upto), channels, official_language)
        publication.cursor = upto if used else _before_next(publication, upto, concerned, channels)
        publication.save(update_fields=["cursor", "batches_made"])
    return used


def _upto(after: int, width: int) -> int | None:
    """The last of the next `width` address ids, None if there are none."""
    with connection.cursor() as cursor:
        cursor.execute(_UPTO, [after, width])
        (upto,) = cursor.fetchone()
    return None if upto is None else int(upto)


def _before_next(publication: Publication, after: int, people: People, channels: list[str]) -> int:
    """The address id before the next to whom it goes, or at which to look on."""
    last = Address.objects.aggregate(last=Max("id"))["last"] or 0
    for leap in LEAPS:
        if after >= last:
            return after
        upto = min(after + leap, last)
        sql, parameters = people(after, upto)
        with connection.cursor() as cursor:
            cursor.execute(_NEAREST.format(people=sql, publication=publication.pk), [*parameters, channels])
            found = cursor.fetchone()
        # Webhooks are told first, so that `people` names them in every range: they lead no further than its end.
        if found and found[0] <= upto:
            return int(found[0]) - 1
        after = upto
    return after


def _write(
    publication: Publication, people: tuple[str, Sequence[Any]], channels: list[str], official_language: str
) -> frozenset[str]:
    """Deliveries and batches for people who have none yet; by which channels they go."""
    sql, parameters = people
    base = publication.batches_made + 1
    statement = _ENLIST.format(people=sql, publication=publication.pk, base=base, size=BATCH)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, channels, official_language])
        (newest,) = cursor.fetchone()
        if not newest:
            return frozenset()
        cursor.execute(_NUMBER, [publication.lane, AT_ONCE.total_seconds(), publication.pk, base])
        publication.batches_made = newest
        return frozenset(channel for (channel,) in cursor.fetchall())


def channels_of(publication: Publication) -> list[str]:
    """E-mail, and the other channels that its texts have words for."""
    bodies = publication.messages.values_list("bodies", flat=True)
    return ["email", *sorted({channel for one in bodies for channel in one})]


def reopen(
    publication_id: int, *, audience: dict[str, Any] | None = None, give_up_at: datetime | None = None
) -> bool:
    """Lets expansion run again from the start, over a wider audience and until a later time if they are given.

    False if the publication was stopped, by hand or by a newer version.
    """
    changes: dict[str, Any] = {"enlisted_at": None, "cursor": 0}
    if audience is not None:
        changes["audience"] = audience
    if give_up_at is not None:
        changes["give_up_at"] = Greatest("give_up_at", Value(give_up_at))
    return bool(Publication.objects.filter(pk=publication_id, stopped_at=None).update(**changes))


def post(
    *, key: str, to: str | Address, message: Sealed, now: datetime, lane: str = Lane.PERSONAL, greeting: str = "",
    life: timedelta = PERSONAL_LIFE,
) -> Publication:  # fmt: skip
    """One message to one person, such as a confirmation or an answer; posted twice under one key, it is one."""
    address = addresses.get_or_create(to) if isinstance(to, str) else to
    with transaction.atomic():
        publication, made = Publication.objects.get_or_create(
            key=key,
            defaults={
                "lane": lane,
                "give_up_at": now + life,
                "created_at": now,
                "enlisted_at": now,
                "batches_made": 1,
            },
        )
        if made:
            sealed = Message.objects.create(publication=publication, **asdict(message))
            Batch.objects.create(
                publication=publication, number=1, lane=lane, channel=address.channel, size=1, due_at=Now() - AT_ONCE
            )
            Delivery.objects.create(
                publication=publication,
                address=address,
                message=sealed,
                batch_number=1,
                position=1,
                greeting=greeting[:200],
            )
    return publication


def rehearse(*, message: Sealed, now: datetime) -> None:
    """The work of `post` for nobody, taken back: the time that an answer takes tells nobody who is known."""
    nobody = uuid4().hex
    with transaction.atomic():
        post(key=f"rehearsal:{nobody}", to=f"{nobody}@stranger.invalid", message=message, now=now)
        transaction.set_rollback(True)


def _going(publication: Publication) -> QuerySet[Publication]:
    """The publication, if anything of it has yet to leave."""
    waiting = Batch.objects.filter(publication=OuterRef("pk"), closed_at=None)
    return Publication.objects.filter(Q(enlisted_at=None) | Exists(waiting), pk=publication.pk)


def hold(publication: Publication, *, by: Any, now: datetime) -> bool:
    """Pauses: what is on the wire goes on, the next window stays closed. False if nothing is left to pause."""
    held = _going(publication).filter(held_at=None, stopped_at=None).update(held_at=now)
    if held:
        audit.record(actor=by, action="sending.hold", target=f"publication:{publication.uid}", now=now)
    return bool(held)


def resume(publication: Publication, *, by: Any, now: datetime) -> bool:
    resumed = Publication.objects.filter(pk=publication.pk, held_at__isnull=False).update(held_at=None)
    if resumed:
        audit.record(actor=by, action="sending.resume", target=f"publication:{publication.uid}", now=now)
    return bool(resumed)


def stop(publication: Publication, *, by: Any, now: datetime) -> bool:
    """Stops for good what has not left; what has left cannot be called back. False if nothing is left to stop."""
    stopped = _end(_going(publication), State.STOPPED, now)
    if stopped:
        audit.record(actor=by, action="sending.stop", target=f"publication:{publication.uid}", now=now)
    return bool(stopped)


def waiting_for(address_id: int) -> QuerySet[Publication]:
    """What has yet to leave for this address."""
    mine = Delivery.objects.filter(address=address_id, state__in=[State.PENDING, State.DEFERRED])
    return Publication.objects.filter(pk__in=mine.values("publication"), stopped_at=None)


# The batch is locked, so that no window opens over the row meanwhile.
_FORGO = """
WITH open AS (
    SELECT d.id, b.wire_to FROM delivery_delivery d
    JOIN delivery_batch b ON b.publication_id = d.publication_id AND b.number = d.batch_number
    WHERE d.publication_id = %s AND d.address_id = %s AND b.closed_at IS NULL FOR UPDATE OF b)
UPDATE delivery_delivery d SET state = 'suppressed', code = 'left', changed_at = clock_timestamp()
FROM open WHERE d.id = open.id AND (d.state = 'deferred' OR d.state = 'pending' AND d.position > open.wire_to)
"""


def forgo(publication: Publication, address_id: int) -> bool:
    """Takes back what waits for one person; False if it has left, or is on the wire."""
    with connection.cursor() as cursor:
        for _look in range(2):  # a batch that closes meanwhile moves the row to the next
            cursor.execute(_FORGO, [publication.pk, address_id])
            if cursor.rowcount:
                return True
    return False
