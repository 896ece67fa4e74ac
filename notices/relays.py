"""An association passes a version on, by one click, or says how else it reached its members."""

from __future__ import annotations

from datetime import datetime

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


def relay(
    version: Version,
    *,
    association: Organisation,
    by: User,
    now: datetime,
    words: str = "",
    means: str = Means.PORTAL,
    head_count: int | None = None,
    reason: str = "",
) -> Relay:
    """Writes down what the association does with `version`; by the portal, its lists on relay are sent to as well.

    Clicked again, it is one relay. "Own means" and "not relevant" may still become a relay by the portal, never
    the other way round. Raises `NotInForce`, `Over`, `SendingStopped` or `RelayedAlready`.
    """
    demand(by, Can.RELAY, association)
    said = words.strip()[:WORDS_LIMIT].replace("[[", "").replace("]]", "")
    sealed = _with_words(version, association, said, now=now) if said and means == Means.PORTAL else []
    with transaction.atomic():
        row, made = Relay.objects.select_for_update().get_or_create(
            version=version,
            association=association,
            defaults={
                "means": means, "words": said, "head_count": head_count, "reason": reason[:200], "by": by, "at": now,
            },
        )  # fmt: skip
        if not made and row.means == means:
            return row
        if not made and row.means == Means.PORTAL:
            raise RelayedAlready()
        if not Version.objects.filter(pk=version.pk, state=Version.State.ISSUED).exists():
            raise NotInForce()
        if version.msg_type != MsgType.CANCEL and version.ends_at and version.ends_at <= now:
            raise Over()
        if not made:
            row.means, row.words, row.head_count, row.reason, row.by, row.at = (
                means, said, head_count, reason[:200], by, now,
            )  # fmt: skip
            row.save()
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
