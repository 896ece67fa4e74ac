"""Audiences become deliveries, chunk by chunk; the post office keeps the cursor in the chunk's own transaction."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings
from django.db import transaction

from base.words import Lane
from delivery import outbox
from delivery.models import Batch, Publication
from delivery.tasks import remind, ring, wake

from . import audience
from .audience import Facets

EXPAND = "contacts.tasks.expand"
WORK_S = 2.0  # then the worker of the lane may send what is enlisted so far
# The first chunk is small, so that the first mail leaves at once, and each wider than the one before, so that the
# workers never wait for the next: enlisting is quicker than sending.
FIRST_CHUNK = 100
WIDER = 4
# A chunk of so many ends a bell of the critical lane: its one worker sends nothing meanwhile.
WIDEST_CRITICAL = 1_600


def expand(publication_id: int, *, now: datetime) -> bool:
    """Enlists who should hear of a publication; True when everybody is. Works for a while, then rings again."""
    publication = Publication.objects.filter(pk=publication_id, enlisted_at=None, stopped_at=None).first()
    if publication is None:
        return True
    end, width = time.monotonic() + WORK_S, FIRST_CHUNK
    while True:
        made = outbox.enlist(
            publication_id,
            people=_people,
            official_language=settings.FAIRWAY_OFFICIAL_LANGUAGE,
            now=now,
            width=min(width, outbox.CHUNK),
        )
        if made is None:
            return True
        for channel in made:
            wake(publication.lane, channel)
        if time.monotonic() >= end or (publication.lane == Lane.CRITICAL and width >= WIDEST_CRITICAL):
            ring_for(publication)
            return False
        if made:
            width *= WIDER


def _people(publication: Publication) -> outbox.People:
    return audience.people(Facets.from_json(publication.audience, at=publication.created_at))


def ring_for(publication: Publication) -> None:
    ring(EXPAND, publication.lane, publication_id=publication.pk)


def sweep(*, now: datetime) -> int:
    """Rings for unfinished expansions and reopens those whose earlier publications have come to rest; how many."""
    finished = Publication.objects.filter(
        enlisted_at__isnull=False, stopped_at=None, give_up_at__gt=now, audience__has_key="earlier"
    )
    for publication in finished.exclude(audience__earlier=[]).exclude(audience__has_key="settled"):
        _settle(publication)
    unfinished = list(Publication.objects.filter(enlisted_at=None, stopped_at=None).order_by("pk"))
    for publication in unfinished:
        remind(EXPAND, publication.lane, publication_id=publication.pk)
    return len(unfinished)


def _settle(publication: Publication) -> None:
    """Once no earlier batch is open, nobody new is reached by an old text: one last run finds those who were."""
    earlier = Batch.objects.filter(publication__in=publication.audience["earlier"])
    if not earlier.exists() or earlier.filter(closed_at=None).exists():
        return
    with transaction.atomic():
        locked = Publication.objects.select_for_update().get(pk=publication.pk)
        if not locked.audience.get("settled"):
            outbox.reopen(locked.pk, audience=locked.audience | {"settled": True})


def relay(publication_id: int, *, association_id: int, variant: str = "", give_up_at: datetime) -> bool:
    """Adds an association's lists to what is going out, or went; who has the version already gets nothing twice.

    False if the sending was stopped.
    """
    with transaction.atomic():
        locked = Publication.objects.select_for_update().get(pk=publication_id)
        wider = audience.relayed(locked.audience, association_id=association_id, variant=variant)
        reopened = outbox.reopen(publication_id, audience=wider, give_up_at=give_up_at)
        transaction.on_commit(lambda: ring_for(locked))
    return reopened


def let_go(address_id: int) -> int:
    """Takes back what waits for somebody whom no reason names any more, since they left one; of how many notices.

    Who hears later from now on, in a digest, still gets what is on its way: the digest begins after it. Called in
    the transaction in which they leave.
    """
    gone = 0
    unfinished = Publication.objects.filter(enlisted_at=None, stopped_at=None).order_by("pk")
    list(unfinished.select_for_update())  # a chunk that is being enlisted ends first, the next one sees who has left
    for publication in outbox.waiting_for(address_id).filter(audience__has_key="rows"):  # neither digests nor answers
        facets = Facets.from_json(publication.audience, at=publication.created_at)
        if not audience.is_concerned(audience.with_every_follower(facets), address_id):
            gone += outbox.forgo(publication, address_id)
    return gone
