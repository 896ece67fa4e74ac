"""Machines and chat channels that an organisation connects: added, tried, paused, heard of again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit, ratelimit
from base.access import Can, may
from base.clock import shown
from base.errors import Refused
from base.text import labelled
from base.words import Lane, Role
from delivery import endpoints, outbox, tasks
from delivery.models import Endpoint, Publication
from delivery.sealed import Sealed

from . import letters
from .audience import Facets
from .models import Connection, Organisation, User

MOST = 20  # of one organisation
TRIALS = 20  # an hour
KEEPERS = (Role.ASSOCIATION_MANAGER, Role.ADMINISTRATOR)
Why = Endpoint.Why


class TooMany(Refused):
    message = gettext_lazy("There are twenty already. Remove one that is not used.")


class IsPaused(Refused):
    message = gettext_lazy("It is paused. Resume it first, then send again what was missed.")


class TooManyTrials(Refused):
    message = gettext_lazy("Many test events were sent in a short time. Wait a few minutes and try again.")


def keeps(user: Any) -> list[Organisation]:
    """The organisations whose connections the user keeps."""
    found = {seat.organisation_id: seat.organisation for seat in user.seats()}
    return [one for one in found.values() if may(user, Can.KEEP_CONNECTIONS, one)]


def add(
    *, organisation: Organisation, by: User, name: str, url: str, preset: str, language: str, exercises: bool,
    now: datetime,
) -> Connection:  # fmt: skip
    """Raises `base.http.Forbidden` for an address that we do not call, or `TooMany`."""
    if Connection.objects.at([organisation.pk]).count() >= MOST:
        raise TooMany()
    with transaction.atomic():
        made: Connection = Connection.objects.create(
            organisation=organisation, endpoint=endpoints.make(url=url, preset=preset, now=now), name=name,
            language=language, exercises=exercises, added_by=by, added_at=now,
        )  # fmt: skip
        _note(made, "add", by, now, host=made.endpoint.address.value, preset=preset)
    return made


def _note(connection: Connection, what: str, by: Any, now: datetime, **facts: Any) -> None:
    facts |= {"organisation": connection.organisation.code, "name": connection.name}
    target = f"connection:{connection.uid}"
    audit.record(actor=by, action=f"connection.{what}", target=target, facts=facts, now=now)


# --- Verbs --------------------------------------------------------------------------------------------------------


def rotate(connection: Connection, *, by: Any, now: datetime) -> str:
    """A new secret; the old one signs beside it for a day."""
    with transaction.atomic():
        endpoints.rotate(connection.endpoint, now=now)
        _note(connection, "rotate", by, now)
    return _("This is the new secret. The old one signs beside it for 24 hours.")


def send_trial(connection: Connection, *, by: Any, now: datetime) -> str:
    if not ratelimit.take(f"trial:{connection.uid}", capacity=TRIALS, per_s=TRIALS / 3600, now=now):
        raise TooManyTrials()
    with translation.override(connection.language):
        words = _("This is a test. Customs notices will arrive here.")
    said = {"type": "test", "timestamp": now.isoformat(timespec="seconds"), "data": {"message": words}}
    sealed = Sealed(connection.language, words, "", bodies={endpoints.CHANNEL: said, "chat": {"text": words}})
    endpoints.send_trial(connection.endpoint, message=sealed, now=now)
    transaction.on_commit(lambda: tasks.wake(Lane.PERSONAL, endpoints.CHANNEL))
    return _("A test event is on its way. Look at the last calls in a moment.")


def pause(connection: Connection, *, by: Any, now: datetime) -> str:
    with transaction.atomic():
        if endpoints.pause(connection.endpoint, why=Why.BY_HAND, now=now):
            _note(connection, "pause", by, now)
    return _("Paused. What is issued meanwhile can be sent afterwards.")


def resume(connection: Connection, *, by: Any, now: datetime) -> str:
    with transaction.atomic():
        if endpoints.resume(connection.endpoint, now=now):
            Connection.objects.filter(pk=connection.pk).update(told_at=None)
            _note(connection, "resume", by, now)
    return _("Resumed. The next notice goes there.")


def replay(connection: Connection, *, by: Any, now: datetime) -> str:
    """Sends what did not come through, in order, under the ids that it had."""
    if connection.endpoint.paused_at is not None:
        raise IsPaused()
    with transaction.atomic():
        count = endpoints.replay(
            connection.endpoint, missed(connection, now=now), language=connection.language, now=now
        )
        _note(connection, "replay", by, now, count=count)
    transaction.on_commit(lambda: tasks.wake(Lane.ROUTINE, endpoints.CHANNEL))
    return _("What was missed is sent again.")


def remove(connection: Connection, *, by: Any, now: datetime) -> str:
    with transaction.atomic():
        endpoints.remove(connection.endpoint, now=now)
        Connection.objects.filter(pk=connection.pk).update(removed_at=now)
        _note(connection, "remove", by, now)
    return _("Removed. Nothing is sent there any more.")


VERBS: dict[str, Callable[..., str]] = {
    "rotate": rotate, "test": send_trial, "pause": pause, "resume": resume, "replay": replay, "remove": remove,
}  # fmt: skip


def missed(connection: Connection, *, now: datetime) -> list[Publication]:
    """What it should have heard and did not; exercises only for whoever hears them."""
    found = endpoints.missed(connection.endpoint, now=now)
    return [one for one in found if connection.exercises or not Facets.from_json(one.audience).drill]


# --- Telling ------------------------------------------------------------------------------------------------------


def tell_paused(*, now: datetime) -> int:
    """Mails whoever keeps a connection that paused itself, once; returns how many connections."""
    paused = Connection.objects.filter(
        endpoint__paused_why__in=[Why.FAILING, Why.GONE], told_at=None, removed_at=None
    ).select_related("organisation", "endpoint__address")
    count = 0
    for connection in paused:
        with transaction.atomic():
            if not Connection.objects.filter(pk=connection.pk, told_at=None).update(told_at=now):
                continue
            for person in _keepers(connection.organisation):
                _tell(connection, person, now)
            count += 1
    return count


def _keepers(organisation: Organisation) -> list[User]:
    seated = User.objects.filter(
        seat__organisation=organisation, seat__role__in=KEEPERS, seat__ended_at=None, is_active=True
    )
    return list(seated.distinct().order_by("pk"))


def _tell(connection: Connection, person: User, now: datetime) -> None:
    endpoint, language = connection.endpoint, person.language
    with translation.override(language):
        since = shown(endpoint.failing_since or endpoint.paused_at or now, "UTC", language)
        context = {
            "heading": labelled(connection.name, endpoint.get_paused_why_display()),
            "words": _(
                "Notices no longer go to %(host)s; no call has come through since %(since)s. "
                "When it works again, resume it, and send what was missed."
            ) % {"host": endpoint.address.value, "since": since},
            "label": connection.name,
            "link": letters.address_of("connection", language, str(connection.uid)),
        }  # fmt: skip
        sealed = letters.seal("desk", language, context)
    outbox.post(key=f"paused:{connection.uid}:{person.pk}:{now:%Y%m%d%H%M}", to=person.email, message=sealed, now=now)
