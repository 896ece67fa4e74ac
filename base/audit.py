"""The audit trail: written in the transaction of the deed, chained afterwards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from .models import AuditEntry, AuditLink

# Links are made in order: what lacks one lies behind the last that has one, apart from what was committed late.
_UNCHAINED = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(e.at)), 0)::float8 FROM base_auditentry e
WHERE e.id > (SELECT coalesce(max(entry_id), 0) FROM base_auditlink)
"""
_CHAIN_LOCK = 7_023_001  # advisory lock: one chaining sweep at a time


def record(
    *, actor: Any, action: str, target: str, now: datetime, facts: dict[str, Any] | None = None
) -> AuditEntry:
    """Writes one entry; `actor` is a user, or the name of a part of the system."""
    if isinstance(actor, str):
        who, seat, kind = actor, "", "system"
    else:
        who, kind = str(actor.pk), "person"
        seat = "; ".join(sorted({f"{s.role}@{s.organisation.code}" for s in actor.seats()}))[:120]
    return AuditEntry.objects.create(
        at=now, actor=who, actor_seat=seat, actor_kind=kind, action=action, target=target, facts=facts or {}
    )


def digest_of(entry: AuditEntry, before: str) -> str:
    """SHA-256 (hex) over the previous digest and the entry's canonical JSON."""
    body = json.dumps(
        {
            "uid": str(entry.uid),
            "at": entry.at.isoformat(),
            "actor": [entry.actor, entry.actor_seat, entry.actor_kind],
            "action": entry.action,
            "target": entry.target,
            "facts": entry.facts,
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256((before + body).encode()).hexdigest()


def chain(*, limit: int = 5_000) -> int:
    """Links committed entries that have no link yet; returns how many. Safe to run twice at once."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        last = AuditLink.objects.order_by("-number").first()
        number, before = (last.number, last.digest) if last else (0, "")
        links = []
        for entry in AuditEntry.objects.filter(link=None).order_by("id")[:limit]:
            number, before = number + 1, digest_of(entry, before)
            links.append(AuditLink(entry=entry, number=number, digest=before))
        AuditLink.objects.bulk_create(links)
    return len(links)


def unchained_s() -> float:
    """Seconds for which the oldest entry has waited for its link; 0 if none does."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCHAINED)
        (seconds,) = cursor.fetchone()
    return float(seconds)


@dataclass(frozen=True)
class Broken:
    number: int
    reason: str


@dataclass
class Finding:
    """The chain as it was found: its length, its last digest, entries not yet linked, and what is wrong."""

    links: int = 0
    digest: str = ""
    unlinked: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """`count:digest`; kept elsewhere, it shows later whether the end was cut off or made anew."""
        return f"{self.links}:{self.digest}"


def check(*, anchor: str = "") -> Finding:
    """Every link against its entry and the one before; `anchor` as an earlier check gave it, else ValueError."""
    count, _colon, digest = anchor.partition(":")
    known = int(count) if anchor else 0
    found = Finding(unlinked=AuditEntry.objects.filter(link=None).count())
    for link in AuditLink.objects.select_related("entry").order_by("number").iterator():
        if link.number != found.links + 1:
            found.broken.append(Broken(found.links + 1, f"missing up to {link.number - 1}"))
        elif digest_of(link.entry, found.digest) != link.digest:
            found.broken.append(Broken(link.number, "does not fit its entry and the link before"))
        if link.number == known and link.digest != digest:
            found.broken.append(Broken(link.number, "is not the link of the anchor"))
        found.links, found.digest = link.number, link.digest
    if known > found.links:
        found.broken.append(Broken(found.links + 1, f"missing up to {known}, the link of the anchor"))
    return found
