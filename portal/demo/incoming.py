"""The demo's message from outside: a warning that waits at an office until an officer makes a draft of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contacts.models import Organisation, User
from notices.incoming import using
from notices.models import Item

from .people import DATA


def load(officer: User, office: Organisation, *, now: datetime) -> None:
    """Takes the message in once, as the file that `officer` was sent."""
    if Item.objects.exists():
        return

    def at(hours: float) -> str:
        return (now.astimezone(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S-00:00")

    told = (DATA / "coast-guard.xml").read_text()
    using.upload(told.format(sent=at(-1), onset=at(30), expires=at(54)).encode(), office=office, by=officer, now=now)
