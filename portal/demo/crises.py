"""The demo's crisis pages, opened, looked after and closed by the verbs of headquarters, at times relative to now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from base.words import CrisisLevel
from contacts.models import Place, User
from notices import crisis as crises
from notices.models import Crisis, Notice, PartnerPage

LOWERED_AFTER = 24  # hours: what is under way is lowered to the level of the service


def load(
    told: dict[str, Any], people: Mapping[str, User], places: Mapping[str, Place], *, level: str, now: datetime
) -> int:
    """Opens the pages once; returns how many. `level`: that of the service now."""
    if Crisis.objects.exists():
        return 0
    hour = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    pages = [one for one in told["disruptions"] if one["crisis_page"]]
    for one in sorted(pages, key=lambda one: one["crisis_page"]["opened_at"]):
        threads = [thread for thread in told["notices"] if thread["disruption"] == one["id"]]
        _open(one, threads, people, places, level, hour)
    return len(pages)


def _open(
    told: dict[str, Any], threads: list[dict[str, Any]], people: Mapping[str, User], places: Mapping[str, Place],
    level: str, now: datetime,
) -> None:  # fmt: skip
    page = told["crisis_page"]
    chief, opened = people[page["opened_by"]], page["opened_at"]

    def at(hours: float) -> datetime:
        return now + timedelta(hours=hours)

    content = crises.Content(
        texts={
            language: {"title": title, "situation": page["situation"][language]}
            for language, title in told["title"].items()
        },
        places=_places_of(threads, places),
        notices=[_notice_of(thread) for thread in threads],
        partners=[(link["name"], link["url"]) for link in page["partner_links"]],
    )
    made = crises.open_page(uid=uuid4(), content=content, level=CrisisLevel.CRISIS, by=chief, now=at(opened))
    deeds = [(float(link["checked_at"]), link["url"]) for link in page["partner_links"]]
    deeds += [(opened + LOWERED_AFTER, level)] if page["closed_at"] is None else [(page["closed_at"], "normal")]
    for hours, what in sorted(deeds):
        if what in CrisisLevel.values:
            made = crises.set_level(made, level=what, seen=made.edits, by=chief, now=at(hours))
        else:
            crises.check_partner(PartnerPage.objects.get(crisis=made, url=what), by=chief, now=at(hours))


def _places_of(threads: list[dict[str, Any]], places: Mapping[str, Place]) -> list[Place]:
    rows = (row for thread in threads for version in thread["versions"] for row in version["impact"])
    codes = dict.fromkeys(code for row in rows for code in row["places"])
    return [places[code] for code in codes]


def _notice_of(thread: dict[str, Any]) -> Notice:
    begins, ends = f"{thread['series']}-", f"-{thread['number']:04}"
    return Notice.objects.get(reference__startswith=begins, reference__endswith=ends)
