"""Addresses that mail does not reach, told to the association that keeps them: why, since when, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit, ratelimit
from base.errors import Refused
from delivery import addresses, intake
from delivery.addresses import Reason
from delivery.models import Address, Delivery
from delivery.verdicts import verdict

from .health import PARTLY, TROUBLED, followed
from .models import MemberList, Membership

SHOWN = 200
TRIES, TRIES_AGAIN_S = 2, 30 * 86_400  # of one address, whoever keeps it
TRIES_A_DAY = 50  # of one association


class Enough(Refused):
    message = _("This address was tried again twice in a month. Ask the member for another one.")


class EnoughToday(Refused):
    message = _("Your association had many addresses tried again today. Go on tomorrow.")


class NotSuspended(Refused):
    message = _("This address is not suspended, or only the person can bring it back.")


@dataclass(frozen=True)
class Problem:
    """One address to fix. `said` are the other server's words; `may_try`: the association may have it tried again."""

    membership: Membership
    reason: Any
    advice: Any
    since: datetime | None
    said: str = ""
    suspended: bool = False
    may_try: bool = False


_BY_THEMSELVES = _("Only the person can come back, by following again on the public page.")
_OF_PERSON = {
    Reason.LEFT: _("Has left all notices"),
    Reason.COMPLAINT: _("Reported a notice as unwanted"),
}


def problems_of(member_list: MemberList) -> list[Problem]:
    """Active members whose mailbox is suspended or refused its last notice."""
    troubled = followed().filter(TROUBLED, member_list=member_list, state=Membership.State.ACTIVE)
    rows: list[Any] = list(troubled.select_related("address").order_by("company_key", "address__key", "pk")[:SHOWN])
    last = _refusals(row.last_id for row in rows)
    return [_problem(row, last.get(row.last_id)) for row in rows]


def _refusals(ids: Iterable[int | None]) -> dict[int, Delivery]:
    return Delivery.objects.in_bulk([pk for pk in ids if pk])


def _problem(membership: Any, last: Delivery | None) -> Problem:
    address: Address = membership.address
    since = address.suppressed_at or (last.changed_at if last else None)
    if address.suppressed_reason in _OF_PERSON:
        return Problem(
            membership, _OF_PERSON[Reason(address.suppressed_reason)], _BY_THEMSELVES, since, suspended=True
        )
    said = intake.without_addresses(last.reply) if last else ""
    suspended = address.suppressed_at is not None
    if membership.last == PARTLY and not suspended:
        reason = _("One of several mailboxes behind this address sends our mail back")
        return Problem(membership, reason, _("Tell the member; the others there have it."), since, said)
    if not suspended and address.cleared_at and since and address.cleared_at > since:
        reason = _("Sent our mail back before it was checked")
        return Problem(membership, reason, _("Nothing now: the next notice tries it."), since, said)
    meant = verdict(last.code, last.reply) if last else verdict("5.1.1", "")
    may_try = address.suppressed_reason in addresses.ENDS_BY_CHECKING
    return Problem(membership, meant.reason, meant.advice, since, said, suspended, may_try)


def try_again(membership: Membership, *, by: Any, now: datetime) -> None:
    """The association has checked the address: the next notice goes there again. Raises one of the above."""
    association = membership.member_list.association_id
    address = Address.objects.get(pk=membership.address_id)
    if membership.state != Membership.State.ACTIVE or address.suppressed_reason not in addresses.ENDS_BY_CHECKING:
        raise NotSuspended()
    with transaction.atomic():
        if not ratelimit.take(f"again.by:{association}", capacity=TRIES_A_DAY, per_s=TRIES_A_DAY / 86_400, now=now):
            raise EnoughToday()
        if not ratelimit.take(f"again.of:{address.pk}", capacity=TRIES, per_s=TRIES / TRIES_AGAIN_S, now=now):
            raise Enough()
        if addresses.release(address.pk, reasons=addresses.ENDS_BY_CHECKING, now=now):
            facts = {"reason": "checked", "list": str(membership.member_list.uid)}
            audit.record(actor=by, action="address.release", target=f"address:{address.pk}", facts=facts, now=now)
