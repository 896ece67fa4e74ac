"""The answer somebody is typing: kept while it is typed, offered again, gone once it is sent or thrown away."""

from __future__ import annotations

from datetime import datetime

from contacts.models import User

from .models import Case, Unfinished

MOST = 100_000  # characters, five times what may be sent


def keep(case: Case, *, by: User, text: str, seen: int, now: datetime) -> None:
    """The newest typing of one person; `seen` is the case's `said` on their page.

    What arrives after they answered from that very page is late, not new, and is not kept.
    """
    words = text.replace("\0", "")[:MOST]
    mine = Unfinished.objects.filter(case=case, person=by)
    if not mine.filter(settled__lt=seen).update(text=words, at=now) and words.strip():
        Unfinished.objects.get_or_create(case=case, person=by, defaults={"text": words, "at": now})


def kept(case: Case, *, by: User) -> Unfinished | None:
    found: Unfinished | None = Unfinished.objects.filter(case=case, person=by).exclude(text="").first()
    return found


def forget(case: Case, *, by: User, answered: int, now: datetime) -> None:
    """Sent from a page that showed `answered`, or thrown away there."""
    settled = {"text": "", "settled": answered, "at": now}
    Unfinished.objects.update_or_create(case=case, person=by, defaults=settled)
