"""How well the lists of an association reach its members. Addresses show to the association alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Max, OuterRef, Q, QuerySet, Subquery, Value, When

from delivery import suppression
from delivery.models import Delivery

from .models import ImportRun, MemberList, Membership, Organisation

OLD_AFTER = timedelta(days=90)  # people change their jobs: a list that nobody looked at for so long is asked about
COUNTS = ("members", "problems", "unreached", "left")


@dataclass(frozen=True)
class Health:
    """One list, counted in mailboxes. `problems`: mail cannot reach them; `unreached`: no notice has ever done."""

    member_list: MemberList
    members: int
    problems: int
    unreached: int
    left: int
    imports: int
    updated_at: datetime | None
    is_old: bool

    @property
    def reachable(self) -> int:
        return self.members - self.problems

    @property
    def percent(self) -> int:
        return 100 * self.reachable // self.members if self.members else 0


FINE, REFUSED, PARTLY = "fine", "refused", "partly"


def followed() -> QuerySet[Membership]:
    """Memberships with `last`: how the last notice to that mailbox ended, if any did, and `last_id`: which it was.

    "partly": it was taken, and a mailbox behind it sent it back.
    """
    ends = (*suppression.REACHED, *suppression.REFUSED)
    ended = Delivery.objects.filter(address=OuterRef("address"), state__in=ends)
    newest = ended.order_by("-changed_at", "-pk").annotate(
        end=Case(
            When(state__in=suppression.REFUSED, then=Value(REFUSED)),
            When(code__regex=r"^[45]\.", then=Value(PARTLY)),
            default=Value(FINE),
        )
    )
    return Membership.objects.annotate(
        last=Subquery(newest.values("end")[:1]), last_id=Subquery(newest.values("pk")[:1])
    )


TROUBLED = Q(address__suppressed_at__isnull=False) | Q(last__in=(REFUSED, PARTLY))


def health_of(association: Organisation, *, now: datetime) -> list[Health]:
    """Three queries, however many lists and members."""
    active = Q(state=Membership.State.ACTIVE)

    def of(found: Q) -> Count:
        return Count("address", filter=found, distinct=True)

    counted = followed().filter(member_list__association=association).values("member_list").order_by()
    rows = counted.annotate(
        members=of(active),
        problems=of(active & TROUBLED),
        unreached=of(active & Q(last=None)),
        left=of(Q(state=Membership.State.LEFT)),
    ).values_list("member_list", *COUNTS)
    counts = {list_id: dict(zip(COUNTS, row, strict=True)) for list_id, *row in rows}
    nobody = dict.fromkeys(COUNTS, 0)
    applied = Q(runs__state=ImportRun.State.APPLIED)
    found: Any = MemberList.objects.filter(association=association).annotate(
        imports=Count("runs", filter=applied), updated_at=Max("runs__applied_at", filter=applied)
    )
    return [
        Health(
            member_list=one,
            **counts.get(one.pk, nobody),
            imports=one.imports,
            updated_at=one.updated_at,
            is_old=(one.updated_at or one.created_at) + OLD_AFTER < now,
        )
        for one in found
    ]
