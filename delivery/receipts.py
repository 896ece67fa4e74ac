"""What came back changes what went out: each receipt once, by the one table of states.

A row whose batch is not closed has no state yet: its receipts wait, and a sweep applies them when it has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from . import suppression
from .inbound import Kind
from .models import Delivery, Inbound
from .states import State, may_follow

AT_ONCE = 500  # rows of one sweep
WAITS = timedelta(days=7)  # longer than any delivery is tried

# (kind, action) → the state that follows; a complaint comes from who had the mail.
EFFECTS: dict[tuple[str, str], State | None] = {
    (Kind.BOUNCE, "failed"): State.BOUNCED,
    (Kind.BOUNCE, "partly"): None,
    (Kind.RECEIPT, "delivered"): State.DELIVERED,
    (Kind.COMPLAINT, ""): State.DELIVERED,
}
UNWRITTEN = (State.PENDING, State.WIRE, State.DEFERRED)


def _key(kind: str, action: str) -> tuple[str, str]:
    return kind, "" if kind == Kind.COMPLAINT else action


def has_effect(kind: str, action: str) -> bool:
    return _key(kind, action) in EFFECTS


def apply(row: Inbound, *, now: datetime) -> bool:
    """Applies one receipt inside the caller's transaction; False if its delivery has no state yet."""
    delivery = Delivery.objects.select_for_update().get(pk=row.delivery_id or 0)
    if delivery.state in UNWRITTEN and now - row.received_at < WAITS:
        return False
    if not Inbound.objects.filter(pk=row.pk, applied_at=None).update(applied_at=now):
        return True
    after = EFFECTS[_key(row.kind, row.action)]
    if after is None or may_follow(delivery.state, after):
        _mark(delivery, row, after, now)
    if row.kind == Kind.COMPLAINT:
        suppression.complained(delivery.address_id, now=now)
    elif row.kind == Kind.BOUNCE:
        suppression.review([delivery.address_id], now=now)
    return True


def _mark(delivery: Delivery, row: Inbound, after: State | None, now: datetime) -> None:
    if row.kind == Kind.BOUNCE:
        delivery.code, delivery.reply = row.status or row.action, row.diagnostic
    delivery.state, delivery.changed_at = after or delivery.state, now
    delivery.save(update_fields=["state", "code", "reply", "changed_at"])


def sweep(*, now: datetime) -> int:
    """Applies what waited for a state, and counts the refusals of finished sendings; returns how many it did."""
    due = Inbound.objects.filter(applied_at=None).filter(
        ~Q(delivery__state__in=UNWRITTEN) | Q(received_at__lt=now - WAITS)
    )
    done = 0
    for pk in list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            row = Inbound.objects.select_for_update(skip_locked=True).filter(pk=pk, applied_at=None).first()
            done += bool(row and _apply_or_end(row, now))
    return done + suppression.count_refusals(now=now)


def _apply_or_end(row: Inbound, now: datetime) -> bool:
    if row.delivery_id is None:  # its delivery is forgotten
        Inbound.objects.filter(pk=row.pk).update(applied_at=now)
        return True
    return apply(row, now=now)
