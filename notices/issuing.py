"""From an approved version to an open publication: rendering before the transaction, one row inside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from contacts import expansion
from delivery import outbox
from delivery.models import Publication
from delivery.sealed import Sealed

from . import payload, render
from .facets import earlier_of, facets_of, lane_of
from .models import Text, Version
from .wording import to_keep

LONGEST = timedelta(hours=24)  # an old closure alert is harm


@dataclass(frozen=True)
class Rendering:
    """Everything in every language, made before the transaction: sealed mails and what is kept of the wording."""

    messages: list[Sealed]
    spoken: dict[str, Any]


def approvals_needed() -> int:
    return int(settings.FAIRWAY_APPROVALS_NEEDED)


def render_all(version: Version, *, now: datetime) -> Rendering:
    prefetch_related_objects([version], "rows__place", "texts")  # asked for again and again below
    others = payload.bodies(version, now=now)
    mails = [render.mail(version, text.language, now=now) for text in version.texts.all()]
    return Rendering(
        messages=[replace(mail, bodies=others[mail.language]) for mail in mails],
        spoken=to_keep(version),
    )


def keep_wording(version: Version, rendering: Rendering) -> None:
    """Before the version is frozen."""
    Version.objects.filter(pk=version.pk).update(spoken=rendering.spoken)
    for language, said in rendering.spoken.items():
        Text.objects.filter(version=version, language=language).update(truth_line=said["truth_line"])


def give_up_at(version: Version, *, now: datetime) -> datetime:
    """Until when what leaves `now` is tried: a day, but no longer than the notice holds."""
    ends = version.ends_at
    return min(now + LONGEST, ends) if ends and ends > now else now + LONGEST


def open_publication(version: Version, rendering: Rendering, *, now: datetime) -> Publication:
    """Rings once it is committed, best effort: without it the pump finds the publication within seconds."""
    publication = outbox.open(
        key=f"version:{version.uid}",
        lane=lane_of(version),
        messages=rendering.messages,
        audience=facets_of(version),
        give_up_at=give_up_at(version, now=now),
        replaces=[*earlier_of(version), *_reminders_before(version)],
        now=now,
    )
    transaction.on_commit(partial(expansion.ring_for, publication))
    return publication


def reminder_keys(version: Version) -> str:
    """What the keys of the publications begin with that remind of `version`."""
    return f"reminder:{version.uid}:"


def _reminders_before(version: Version) -> list[int]:
    """Reminders of earlier versions: what they say holds no longer."""
    earlier = version.notice.versions.filter(number__lt=version.number)
    of_those = reduce(or_, (Q(key__startswith=reminder_keys(one)) for one in earlier), Q(pk=None))
    return list(Publication.objects.filter(of_those).values_list("pk", flat=True))


