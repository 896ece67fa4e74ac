"""How well the lists of an association reach its members; addresses show to the association alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from .models import MemberList, Membership, Organisation


@dataclass(frozen=True)
class Health:
    """One list, counted in mailboxes: members, how many of them mail cannot reach, how many have left."""

    member_list: MemberList
    members: int
    bounced: int
    left: int

    @property
    def reachable(self) -> int:
        return self.members - self.bounced

    @property
    def percent(self) -> int:
        return 100 * self.reachable // self.members if self.members else 0


def health_of(association: Organisation) -> list[Health]:
    active = Q(memberships__state=Membership.State.ACTIVE)
    blocked = Q(memberships__address__suppressed_at__isnull=False)

    def of(found: Q) -> Count:
        return Count("memberships__address", filter=found, distinct=True)

    counted: Any = MemberList.objects.filter(association=association).annotate(
        members=of(active), bounced=of(active & blocked), left=of(Q(memberships__state=Membership.State.LEFT))
    )
    return [Health(one, one.members, one.bounced, one.left) for one in counted]
