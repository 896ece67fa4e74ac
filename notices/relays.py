"""An association passes a version on, by one click, or says how else it reached its members."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Refused
from base.words import MsgType
from contacts import expansion
from contacts.models import Organisation, User
from delivery import outbox
from delivery.models import Publication
from delivery.sealed import Sealed

from . import issuing, render
from .models import Relay, Version

Means = Relay.Means
WORDS_LIMIT = 600  # characters
DECIDE_WITHIN = timedelta(hours=1)  # an association is asked to say in this time what it does


class NotInForce(Refused):
    message = _("This version has been replaced or withdrawn. Relay the newer one.")


class Over(Refused):
    message = _("This notice is over. There is nothing left to relay.")


class SendingStopped(Refused):
    message = _(
        "Customs has stopped sending this notice. Reach your members by your own means, or wait for the next version."
    )


class RelayedAlready(Refused):
    message = _("This version has gone to your members already.")


class NotThen(Refused):
    message = _("Give a time between the issue of the notice and now.")
    field = "told_time"


def relay(
    version: Version,
    *,
    association: Organisation,
    by: User,
    now: datetime,
    words: str = "",
    means: str = Means.PORTAL,
    told_at: datetime | None = None,
    head_count: int | None = None,
    reason: str = "",
) -> Relay:
    """Writes down what the association does with `version`; by the portal, its lists on relay are sent to as well.

    Clicked again, it is one relay. "Own means" (`told_at`, default now, and `head_count`) and "not relevant"
    (`reason`) may still become a relay by the portal, never the other way round. Raises `NotInForce`, `Over`,
    `NotThen`, `SendingStopped` or `RelayedAlready`.
    """
    demand(by, Can.RELAY, association)
    said = words.strip()[:WORDS_LIMIT].replace("[[", "").replace("]]", "")
    sealed = _with_words(version, association, said, now=now) if said and means == Means.PORTAL else []
    answer = {
        "means": means, "words": said, "told_at": _told_at(version, means, told_at, now=now),
        "head_count": head_count, "reason": reason[:200], "by": by, "at": now,
    }  # fmt: skip
    with transaction.atomic():
        row, made = Relay.objects.select_for_update().get_or_create(
            version=version, association=association, defaults=answer
        )
        if not made and row.means == means:
            return row
        if not made and row.means == Means.PORTAL:
            raise RelayedAlready()
        _demand_in_force(version, now=now)
        if not made:
            Relay.objects.filter(pk=row.pk).update(**answer)
            row.refresh_from_db()
        if means == Means.PORTAL:
            _widen(version, association, sealed, now=now)
        audit.record(
            actor=by,
            action="version.relay",
            target=f"version:{version.uid}",
            facts={"association": association.code, "means": str(means)},
            now=now,
        )
    return row


def _told_at(version: Version, means: str, told_at: datetime | None, *, now: datetime) -> datetime | None:
    """When own means reached the members. People type whole minutes: that of the issue counts as after it."""
    if means != Means.OWN or told_at is None:
        return now if means == Means.OWN else None
    if told_at > now or (version.issued_at and told_at < version.issued_at.replace(second=0, microsecond=0)):
        raise NotThen()
    return told_at


def _demand_in_force(version: Version, *, now: datetime) -> None:
    if not Version.objects.filter(pk=version.pk, state=Version.State.ISSUED).exists():
        raise NotInForce()
    if version.msg_type != MsgType.CANCEL and version.ends_at and version.ends_at <= now:
        raise Over()


def _with_words(version: Version, association: Organisation, words: str, *, now: datetime) -> list[Sealed]:
    """The frozen text in each language with the association's words and name above it."""
    return [
        render.mail(
            version,
            text.language,
            now=now,
            words=words,
            variant=association.code,
            sender_name=association.names.get(text.language) or str(association),
        )
        for text in version.texts.all()
    ]


def _widen(version: Version, association: Organisation, sealed: list[Sealed], *, now: datetime) -> None:
    """Adds the association's lists, and its own words if there are any, to the same publication."""
    if version.publication_id is None:
        return
    publication = Publication.objects.get(pk=version.publication_id)
    outbox.add_messages(publication, messages=sealed)
    reopened = expansion.relay(
        publication.pk,
        association_id=association.pk,
        variant=association.code if sealed else "",
        give_up_at=issuing.give_up_at(version, now=now),
    )
    if not reopened:
        raise SendingStopped()
