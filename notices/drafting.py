"""What an officer typed, and how it becomes rows. Knows shapes, not permissions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from base.text import one_line, prose
from base.words import Direction, Mode, PlaceStatus
from contacts.models import Place, User

from .models import ImpactRow, Text, Version

COPIED = (
    "status", "severity", "urgency", "certainty", "cause", "contact", "time_zone", "starts_at", "ends_at",
    "reopens_earliest", "reopens_latest", "next_update_at", "sheets", "context_url", "diversion", "audience",
    "crews", "source",
)  # fmt: skip
TEXT_FIELDS = ("title", "body", "instruction")
ROW_FIELDS = (
    "place_id", "place_name", "system", "modes", "directions", "traffic", "agency_id", "status", "qualifier",
    "time_zone", "starts_at", "ends_at", "starts_local", "ends_local",
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """One save. `fields`: Version fields; `texts`: language → title, body, instruction; `rows`: ImpactRow fields."""

    fields: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


def cleaned(words: dict[str, str]) -> dict[str, str]:
    """The texts as they are stored: the title in one line, nothing that a feed or a mail header cannot hold."""
    return {
        name: one_line(words.get(name, "")) if name == "title" else prose(words.get(name, ""))
        for name in TEXT_FIELDS
    }


def impact(
    facts: dict[str, Any], *, place: Place | None, zone: str, starts_at: datetime | None, ends_at: datetime | None
) -> dict[str, Any]:
    """ImpactRow fields from what was said of one place, place name or system; what is left out means every one.

    `zone`: where the place has none. `facts` may hold limit, wait_h, hours and days, as the truth line reads them.
    """
    zone = (place.time_zone if place else "") or zone
    return {
        "place_id": place.pk if place else None,
        "place_name": facts.get("place_name", ""),
        "system": facts.get("system", ""),
        "agency_id": facts["agency"].pk if facts.get("agency") else None,
        "modes": facts.get("modes") or (place.modes if place else None) or list(Mode.values),
        "directions": facts.get("directions") or list(Direction.values),
        "traffic": facts["traffic"],
        "status": facts.get("status") or PlaceStatus.UNKNOWN,
        "qualifier": _qualifier(facts),
        "time_zone": zone,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "starts_local": _wall(starts_at, zone),
        "ends_local": _wall(ends_at, zone),
    }


def _wall(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _qualifier(facts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if facts.get("limit"):
        found["limit"] = facts["limit"]
    if facts.get("wait_h"):
        found["value"] = {"wait_h": facts["wait_h"]}
    if facts.get("hours"):
        found |= {"hours": facts["hours"], "days": facts.get("days") or "daily"}
    return found


def write_content(version: Version, draft: Draft) -> None:
    """Replaces the texts and rows of an editable version by those of `draft`."""
    version.texts.all().delete()
    version.rows.all().delete()
    Text.objects.bulk_create(
        Text(version=version, language=language, **cleaned(words))
        for language, words in draft.texts.items()
        if any(words.values())
    )
    ImpactRow.objects.bulk_create(
        ImpactRow(version=version, position=position, **row) for position, row in enumerate(draft.rows)
    )
    version.__dict__.pop("_prefetched_objects_cache", None)  # what was read before is no longer so


@contextmanager
def as_if(version: Version, draft: Draft) -> Iterator[Version]:
    """`version` as saving `draft` would leave it, for questions alone: nothing of it stays."""
    with transaction.atomic():
        # The row is locked first, as by a save: of two that replace the texts at once, the second waits.
        held = Version.objects.select_for_update(of=("self",)).select_related("notice__office", "author")
        imagined = held.get(pk=version.pk)
        for name, value in draft.fields.items():
            setattr(imagined, name, value)
        write_content(imagined, draft)
        yield imagined
        transaction.set_rollback(True)


def content_of(version: Version) -> Draft:
    """The same shape back, to copy or to compare."""
    return Draft(
        fields={name: getattr(version, name) for name in COPIED},
        texts={
            text.language: {name: getattr(text, name) for name in TEXT_FIELDS} for text in version.texts.all()
        },
        rows=[{name: getattr(row, name) for name in ROW_FIELDS} for row in version.rows.order_by("position")],
    )


def copy_of(live: Version, draft: Draft, *, action: str, msg_type: str, by: User, now: datetime) -> Version:
    """The next version of the notice of `live`, as a draft that holds `draft`."""
    newest = live.notice.versions.order_by("-number").values_list("number", flat=True)[0]
    version = Version.objects.create(
        notice=live.notice,
        number=newest + 1,
        action=action,
        msg_type=msg_type,
        author=by,
        created_at=now,
        edited_at=now,
        **draft.fields,
    )
    write_content(version, draft)
    return version
