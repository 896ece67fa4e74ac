"""When a mailbox gets no more mail: by a table, from what its last deliveries met with.

A mailbox that does not exist is suspended after refusals on two days, not one: in December 2020 Gmail said of
living mailboxes for hours that they did not exist. One that is full is given weeks. What is our own fault – a
policy, a blocklist, a size – never counts. A complaint counts at once. When many would be suspended in one day, as
after a fault of our own relay or its name server, most are not: their next refusal counts again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from base import audit, ratelimit

from . import addresses
from .models import Address, Delivery
from .states import State
from .verdicts import Fault, verdict

log = logging.getLogger(__name__)

REFUSED = (State.BOUNCED, State.FAILED)
REACHED = (State.ACCEPTED, State.DELIVERED)
LOOKED_AT = 60  # the last deliveries of one mailbox, and all within twice the time that the longest rule needs
MOST_A_DAY, ONE_IN = 20, 20
AT_ONCE = 500  # finished publications of one sweep


@dataclass(frozen=True)
class Rule:
    """Suspended after refusals on `days` different days, the last at least `span` days after the first."""

    days: int
    span: int
    reason: str


def rules() -> dict[Fault, Rule]:
    """Fault → rule, as the environment says; `Fault.OURS` has none."""
    return {
        Fault.GONE: Rule(settings.FAIRWAY_HARD_BOUNCE_DAYS, 0, addresses.Reason.BOUNCED),
        Fault.FULL: Rule(settings.FAIRWAY_SOFT_BOUNCE_DAYS, settings.FAIRWAY_SOFT_BOUNCE_SPAN, addresses.Reason.FULL),
    }


def complained(address_id: int, *, now: datetime) -> None:
    """Whoever reports a mail as unwanted gets none any more."""
    _suspend(address_id, addresses.Reason.COMPLAINT, "", now)


def review(address_ids: Iterable[int], *, now: datetime) -> int:
    """Suspends those whose last deliveries met with what a rule names; returns how many."""
    return sum(_review(pk, now) for pk in sorted(set(address_ids)))


def _review(address_id: int, now: datetime) -> bool:
    address = Address.objects.filter(pk=address_id, suppressed_at=None).first()
    refusals = _refusals(address, now) if address else []
    for fault, rule in rules().items():
        met = [one for one in refusals if verdict(one.code, one.reply).fault == fault]
        days = {one.changed_at.date() for one in met if one.changed_at}
        if len(days) >= max(rule.days, 1) and (max(days) - min(days)).days >= rule.span:
            return _is_ordinary(now) and _suspend(address_id, rule.reason, met[0].code, now)
    return False


def _is_ordinary(now: datetime) -> bool:
    """Whether so many may be suspended in one day: one mailbox in twenty, and twenty of few."""
    most = max(MOST_A_DAY, Address.objects.filter(channel="email").count() // ONE_IN)
    ordinary = ratelimit.take("suspended", capacity=most, per_s=most / 86_400, now=now)
    if not ordinary:
        log.error("more than %s mailboxes would be suspended in one day: look at the relay", most)
    return ordinary


def _refusals(address: Address, now: datetime) -> list[Delivery]:
    """Refusals since the mailbox was last reached or cleared, the newest first.

    In the order in which they were sent: a relay of one's own takes everything, and its refusal comes later. What
    was accepted after the newest refusal is thus no proof yet, unless somebody confirmed that it arrived.
    """
    ended = Delivery.objects.filter(address=address, state__in=(*REFUSED, *REACHED), changed_at__isnull=False)
    if address.cleared_at:
        ended = ended.filter(changed_at__gt=address.cleared_at)
    found: list[Delivery] = []
    since = now - 2 * timedelta(days=max(rule.days + rule.span for rule in rules().values()))
    for seen, one in enumerate(ended.order_by("-pk").iterator(chunk_size=LOOKED_AT)):
        if seen >= LOOKED_AT and one.changed_at and one.changed_at < since:
            break
        if one.state in REFUSED:
            found.append(one)
        elif found or one.state == State.DELIVERED:
            break
    return found


def _suspend(address_id: int, reason: str, code: str, now: datetime) -> bool:
    with transaction.atomic():
        suspended = addresses.suppress(address_id, reason=reason, now=now)
        if suspended:
            audit.record(
                actor="post office",
                action="address.suspend",
                target=f"address:{address_id}",
                facts={"reason": str(reason), "code": code},
                now=now,
            )
    return suspended


# A refusal inside the SMTP session is written with its batch; it counts when nothing of the sending is open.
_COUNT = """
WITH ended AS (
    SELECT p.id, p.batches_counted FROM delivery_publication p
    WHERE p.batches_counted < p.batches_made AND p.enlisted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM delivery_batch b WHERE b.publication_id = p.id AND b.closed_at IS NULL)
    ORDER BY p.id LIMIT %s FOR UPDATE SKIP LOCKED),
counted AS (
    UPDATE delivery_publication p SET batches_counted = p.batches_made FROM ended WHERE p.id = ended.id)
SELECT DISTINCT d.address_id FROM delivery_delivery d JOIN ended ON ended.id = d.publication_id
JOIN delivery_address a ON a.id = d.address_id AND a.channel = 'email'
WHERE d.batch_number > ended.batches_counted AND d.state = 'failed' ORDER BY d.address_id
"""


def count_refusals(*, now: datetime) -> int:
    """Reviews the mailboxes that refused a mail of a finished sending; returns how many it suspended."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [AT_ONCE])
            refused = [row[0] for row in cursor.fetchall()]
        return review(refused, now=now)
