"""Keys of programs: made once, shown once, known afterwards by their digest alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand, may
from base.errors import Refused

from .models import ApiKey, Organisation, User
from .policies import keeps_by

MOST = 20  # of one organisation, at a time
SIGN = "fw_"  # so that a key which strayed into a program's text is found there
SHOWN = len(SIGN) + 6
_SEEN_EVERY = timedelta(minutes=1)
Kind = Organisation.Kind


class TooMany(Refused):
    message = _("There are twenty keys already. Revoke one that is not used.")


def keeps(user: Any) -> list[Organisation]:
    """The organisations whose keys the user keeps."""
    among = Organisation.objects.filter(kind__in=[Kind.OFFICE, Kind.AGENCY])
    return [one for one in among if may(user, Can.KEEP_API_KEYS, one)]


def digest_of(key: str) -> str:
    """A key has 256 random bits: a plain hash is as good as a slow one, and found by an index."""
    return hashlib.sha256(key.encode()).hexdigest()


def make(
    *, organisation: Organisation, by: User, name: str, scopes: list[str], days: int, now: datetime
) -> tuple[ApiKey, str]:
    """The key's row, and the key, which nobody can read again. Raises `TooMany`."""
    demand(by, Can.KEEP_API_KEYS, organisation)
    if ApiKey.objects.at([organisation.pk]).live(now).count() >= MOST:
        raise TooMany()
    key = SIGN + secrets.token_urlsafe(32)
    seats = [seat for seat in by.seats() if keeps_by(seat, organisation)]
    # The seat at the organisation itself, where there is one: the key ends when its owner leaves there.
    seat = min(seats, key=lambda one: (one.organisation_id != organisation.pk, one.pk))
    with transaction.atomic():
        made: ApiKey = ApiKey.objects.create(
            organisation=organisation, seat=seat, name=name, prefix=key[:SHOWN], digest=digest_of(key),
            scopes=scopes, made_at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        _note(made, "make", by, now, scopes=scopes, until=made.expires_at.date().isoformat())
    return made, key


def revoke(key: ApiKey, *, by: User, now: datetime) -> None:
    """Ends it at once, and once; who keeps the organisation's keys may end those of colleagues too."""
    demand(by, Can.KEEP_API_KEYS, key.organisation)
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            _note(key, "revoke", by, now)


def _note(key: ApiKey, what: str, by: User, now: datetime, **facts: Any) -> None:
    facts |= {"organisation": key.organisation.code, "name": key.name, "prefix": key.prefix}
    audit.record(actor=by, action=f"api_key.{what}", target=f"api_key:{key.uid}", facts=facts, now=now)


def find(presented: str, *, now: datetime) -> ApiKey | None:
    """The live key behind what a program shows; notes that it was used, once a minute."""
    known: ApiKey | None = (
        ApiKey.objects.live(now)
        .select_related("organisation", "seat__user")
        .filter(digest=digest_of(presented))
        .first()
    )
    if known is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _SEEN_EVERY)
        ApiKey.objects.filter(stale, pk=known.pk).update(last_used_at=now)
    return known
