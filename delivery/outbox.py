"""The only writer of new rows: publications, messages, batches, deliveries.

When a batch is due is told by PostgreSQL's clock alone, since the workers' claims are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Greatest, Now

from base import audit
from base.words import Lane

from . import addresses
from .models import Batch, Delivery, Message, Publication
from .sealed import Sealed
from .states import State

FIRST_CHUNK = 100  # small, so that the first mail leaves at once
CHUNK = 5_000
BATCH = 500
PERSONAL_LIFE = timedelta(hours=24)
# What was never tried is due since yesterday: before every retry, and also when a clock is set back by hours.
AT_ONCE = timedelta(days=1)

# (after this address id, at most so many) → SQL and parameters of rows (address_id, language, greeting, variant),
# one row an address, in order of address_id.
People = Callable[[int, int], tuple[str, Sequence[Any]]]

_ENLIST = """
WITH people AS ({people}),
fresh AS (
    SELECT p.*, row_number() OVER (ORDER BY p.address_id) - 1 AS n FROM people p
    WHERE NOT EXISTS (SELECT 1 FROM delivery_delivery d
                      WHERE d.publication_id = %s AND d.address_id = p.address_id)
),
made AS (
    INSERT INTO delivery_delivery
        (publication_id, address_id, message_id, batch_number, position, greeting,
         state, attempts, code, reply, twice)
    SELECT %s, f.address_id,
           (SELECT m.id FROM delivery_message m WHERE m.publication_id = %s
            ORDER BY (m.variant = f.variant) DESC, (m.variant = '') DESC, (m.language = f.language) DESC,
                     (m.language = %s) DESC, m.id LIMIT 1),
           %s + f.n / %s, f.n %% %s + 1, left(f.greeting, 200), 'pending', 0, '', '', false
    FROM fresh f ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM people), (SELECT max(address_id) FROM people), (SELECT count(*) FROM made)
"""
_NUMBER = """
INSERT INTO delivery_batch (publication_id, number, lane, size, due_at, wire_to, done_to)
SELECT publication_id, batch_number, %s, count(*), clock_timestamp() - make_interval(secs => %s), 0, 0
FROM delivery_delivery WHERE publication_id = %s AND batch_number >= %s GROUP BY publication_id, batch_number
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
            Message(
                publication=publication,
                language=sealed.language,
                variant=sealed.variant,
                subject=sealed.subject,
                text=sealed.text,
                html=sealed.html,
                headers=sealed.headers,
            )
            for sealed in messages
        ),
        ignore_conflicts=True,
    )


def enlist(publication_id: int, *, people: People, official_language: str, now: datetime) -> bool:
    """Writes the next chunk of deliveries and moves the cursor in the same transaction; False when done.

    Safe to run twice, at once or after a crash: the row of the publication is locked, an address counts once.
    """
    with transaction.atomic():
        publication = Publication.objects.select_for_update().get(pk=publication_id)
        if publication.enlisted_at is not None:
            return False
        first = publication.batches_made == 0
        limit, size = (FIRST_CHUNK, FIRST_CHUNK) if first else (CHUNK, BATCH)
        sql, parameters = people(publication.cursor, limit)
        base = publication.batches_made + 1
        with connection.cursor() as cursor:
            cursor.execute(
                _ENLIST.format(people=sql),
                [*parameters, publication.pk, publication.pk, publication.pk, official_language, base, size, size],
            )
            read, last, made = cursor.fetchone()
            if made:
                cursor.execute(_NUMBER, [publication.lane, AT_ONCE.total_seconds(), publication.pk, base])
        if read < limit:
            publication.enlisted_at = now
        publication.cursor = last or publication.cursor
        publication.batches_made += -(-made // size)
        publication.save(update_fields=["enlisted_at", "cursor", "batches_made"])
    return bool(read >= limit)


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
    *, key: str, to: str, message: Sealed, now: datetime, lane: str = Lane.PERSONAL, greeting: str = ""
) -> Publication:
    """One mail to one person, such as a confirmation or an answer; posted twice under one key, it is one."""
    address = addresses.get_or_create(to)
    with transaction.atomic():
        publication, made = Publication.objects.get_or_create(
            key=key,
            defaults={
                "lane": lane,
                "give_up_at": now + PERSONAL_LIFE,
                "created_at": now,
                "enlisted_at": now,
                "batches_made": 1,
            },
        )
        if made:
            sealed = Message.objects.create(
                publication=publication,
                language=message.language,
                subject=message.subject,
                text=message.text,
                html=message.html,
                headers=message.headers,
            )
            Batch.objects.create(publication=publication, number=1, lane=lane, size=1, due_at=Now() - AT_ONCE)
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
