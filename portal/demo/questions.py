"""The demo's questions and answers, with times relative to now. Nothing is mailed: the askers do not exist."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from contacts.models import Place, User
from delivery import addresses
from dialogue.cases.models import Case, CaseEntry, CaseSeries

from .people import DATA


def load(people: dict[str, User], places: dict[str, Place], now: datetime) -> int:
    """Writes the questions once; returns how many."""
    if Case.objects.exists():
        return 0
    told: list[dict[str, Any]] = json.loads((DATA / "questions.json").read_text())
    for entry in told:
        _write(entry, people, places.get(entry["place"]), now)
    CaseSeries.objects.update_or_create(
        year=now.astimezone(UTC).year, defaults={"last": max(entry["number"] for entry in told)}
    )
    return len(told)


def _write(told: dict[str, Any], people: dict[str, User], place: Place | None, now: datetime) -> None:
    def at(hours: float | None) -> datetime | None:
        return None if hours is None else now + timedelta(hours=hours)

    answer = told["answer"]
    verified = told["verified_at"] is not None
    case = Case.objects.create(
        reference=f"Q-{now.astimezone(UTC).year}-{told['number']:06}",
        state=Case.State.ANSWERED if answer else Case.State.OPEN if verified else Case.State.UNVERIFIED,
        address=addresses.get_or_create(told["mail"]),
        company=told["company"],
        kind=told["kind"],
        subject=told["subject"],
        message=told["body"],
        language=told["language"],
        place=place,
        office=place.office if place else None,
        assignee=people[answer["by"]] if answer else None,
        said=2 if answer else 1,
        created_at=now + timedelta(hours=told["received_at"]),
        verified_at=at(told["verified_at"]),
        due_at=at(told["due_at"]),
        answered_at=at(answer["at"]) if answer else None,
    )
    if answer:
        CaseEntry.objects.create(
            case=case,
            kind=CaseEntry.Kind.ANSWER,
            text=answer["text"],
            by=people[answer["by"]],
            at=now + timedelta(hours=answer["at"]),
        )
