"""Audiences become deliveries, chunk by chunk; the post office keeps the cursor in the chunk's own transaction."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings
from django.db import transaction

from delivery import outbox
from delivery.models import Batch, Publication
from delivery.tasks import ring, wake

from . import audience
from .audience import Facets

WORK_S = 2.0  # then the worker of the lane may send what is enlisted so far


def expand(publication_id: int, *, now: datetime) -> bool:
    """Enlists who should hear of a publication; True when everybody is. Works two seconds, then rings again."""
    publication = Publication.objects.filter(pk=publication_id, enlisted_at=None, stopped_at=None).first()
    if publication is None:
        return True
    people = audience.people(Facets.from_json(publication.audience))
    started, more = time.monotonic(), True
    while more and time.monotonic() - started < WORK_S:
        more = outbox.enlist(
            publication_id, people=people, official_language=settings.FAIRWAY_OFFICIAL_LANGUAGE, now=now
        )
        wake(publication.lane)
    if more:
        ring_for(publication)
    return not more


def ring_for(publication: Publication) -> None:
    ring("contacts.tasks.expand", publication.lane, publication_id=publication.pk)


def sweep(*, now: datetime) -> int:
    """Rings for unfinished expansions and reopens those whose earlier publications have come to rest; how many."""
    finished = Publication.objects.filter(
        enlisted_at__isnull=False, stopped_at=None, give_up_at__gt=now, audience__has_key="earlier"
    )
    for publication in finished.exclude(audience__earlier=[]).exclude(audience__has_key="settled"):
        _settle(publication)
    unfinished = list(Publication.objects.filter(enlisted_at=None, stopped_at=None).order_by("pk"))
    for publication in unfinished:
        ring_for(publication)
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
