"""Who left stays out after a restore: the marks of all who left, kept apart from the backups, name nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings

from delivery.models import Address

from . import subscribe
from .models import MemberList, Membership, Refusal

EVERYTHING = ""


def _mark(secret: str, key: str, what: str) -> str:
    """HMAC-SHA-256 (hex) of a mailbox and what it left: a list, or everything."""
    own = hashlib.sha256(f"fairway.left.{secret}".encode()).digest()
    return hmac.digest(own, f"{key}\0{what}".encode(), "sha256").hex()


def marks() -> Iterator[str]:
    """One for each refusal there is."""
    rows = Refusal.objects.values_list("address__key", "member_list__uid").order_by("pk")
    for key, uid in rows.iterator():
        yield _mark(settings.SECRET_KEY, key, str(uid or EVERYTHING))


def replay(known: Iterable[str], *, now: datetime) -> int:
    """Lets everybody leave again whose mark is in `known`; returns how many refusals were missing here."""
    wanted, missing = set(known), 0
    if not wanted:
        return 0
    lists = dict(MemberList.objects.values_list("pk", "uid"))
    here: set[tuple[int, int | None]] = set(Refusal.objects.values_list("address_id", "member_list_id"))
    memberships = Membership.objects.values_list("address_id", "member_list_id")
    on_lists: dict[int, set[int]] = {}
    for address_id, list_id in memberships.iterator():
        on_lists.setdefault(address_id, set()).add(list_id)
    for address in Address.objects.filter(channel="email").iterator():
        if (address.pk, None) not in here and _is_in(wanted, address.key, EVERYTHING):
            subscribe.leave_everything(address.pk, way="restore", now=now)
            missing += 1
        for list_id in on_lists.get(address.pk, ()):
            if (address.pk, list_id) not in here and _is_in(wanted, address.key, str(lists[list_id])):
                subscribe.leave_list(address, list_id=list_id, now=now)
                missing += 1
    return missing


def _is_in(wanted: set[str], key: str, what: str) -> bool:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(_mark(secret, key, what) in wanted for secret in secrets)
