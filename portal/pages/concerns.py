"""What concerns one association: versions in force that reach a member of it, and what it did with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from base.words import SEVERITY_RANK, STATUS_RANK, PlaceStatus, Severity
from contacts.audience import Concern
from contacts.models import Organisation
from notices import news, relays, wording
from notices.models import Notice, Relay, Version


@dataclass(frozen=True)
class Line:
    """One version in force. `on_relay`: members whom only a relay reaches. `due_at`: until when to decide."""

    version: Version
    headline: str
    status: PlaceStatus
    places: list[str]
    zone: str
    late: bool
    planned: bool
    relay: Relay | None
    members: int
    on_relay: int
    issued_at: datetime
    due_at: datetime
    over_due: bool

    @property
    def waiting(self) -> int:
        """The same, as long as nobody has decided."""
        return self.on_relay if self.relay is None else 0

    @property
    def may_still_relay(self) -> bool:
        """After another answer a relay by the portal reaches those who wait for it."""
        return self.relay is not None and self.relay.means != Relay.Means.PORTAL and self.on_relay > 0


def in_force_for(association: Organisation, *, now: datetime) -> list[Line]:
    """Versions in force that concern a member of the association, the worst first."""
    versions = list(
        Version.objects.filter(notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED)
        .exclude(publication_id=None)
        .select_related("notice__office")
        .prefetch_related("texts", "rows__place")
    )
    decided = {row.version_id: row for row in Relay.objects.filter(association=association).select_related("by")}
    lines = [
        _line(version, decided.get(version.pk), concern, now=now)
        for version, concern in zip(versions, news.concern_of(versions, association), strict=True)
        if concern.members
    ]
    return sorted(
        lines, key=lambda line: (SEVERITY_RANK[Severity(line.version.severity)], -line.issued_at.timestamp())
    )


def next_updates(lines: list[Line]) -> list[Line]:
    """Those with a promised time, the longest overdue first."""
    promised = [(line.version.next_update_at, line) for line in lines if line.version.next_update_at]
    return [line for _at, line in sorted(promised, key=lambda pair: pair[0])]


def _line(version: Version, relay: Relay | None, concern: Concern, *, now: datetime) -> Line:
    language = translation.get_language() or "en"
    rows = list(version.rows.all())
    issued_at = version.issued_at or version.created_at
    return Line(
        version=version,
        headline=wording.headline(version, language),
        status=min(
            (PlaceStatus(row.status) for row in rows), key=STATUS_RANK.__getitem__, default=PlaceStatus.UNKNOWN
        ),
        places=list(dict.fromkeys(row.place.name_in(language) if row.place else row.place_name for row in rows)),
        zone=version.time_zone or "UTC",
        late=version.next_update_at is not None and version.next_update_at < now,
        planned=version.starts_at is not None and version.starts_at > now,
        relay=relay,
        members=concern.members,
        on_relay=concern.waiting,
        issued_at=issued_at,
        due_at=issued_at + relays.DECIDE_WITHIN,
        over_due=issued_at + relays.DECIDE_WITHIN < now,
    )
