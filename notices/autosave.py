"""What is typed and not yet saved: kept while it is typed, offered again, gone once it is saved or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.http import QueryDict

from contacts.models import User

from .models import Typed, Version

MOST_BYTES = 200_000  # a form of sixty rows in three languages takes a fifth of it
LEFT_OUT = ("csrfmiddlewaretoken", "stay", "preset", "add", "remove")


def fields_of(data: QueryDict) -> dict[str, list[str]]:
    """A posted form as JSON holds it, without its buttons."""
    return {
        name: [value.replace("\0", "") for value in data.getlist(name)]  # jsonb holds no NUL
        for name in data
        if name not in LEFT_OUT
    }


def as_form(fields: Mapping[str, list[str]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values)
    return data


def keep(version: Version, *, by: User, data: QueryDict, now: datetime) -> None:
    """The newest typing of one person in one version; too large to be a form of ours, it is not kept.

    What arrives after its author saved that very form is late, not new, and is not kept either.
    """
    fields, number = fields_of(data), _edit_number(data)
    if sum(len(value) for values in fields.values() for value in values) > MOST_BYTES:
        return
    mine = Typed.objects.filter(version=version, person=by)
    if not mine.filter(settled__lt=number).update(fields=fields, at=now):
        Typed.objects.get_or_create(version=version, person=by, defaults={"fields": fields, "at": now})


def _edit_number(data: QueryDict) -> int:
    typed = data.get("edit_number", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else 0


def kept(version: Version, *, by: User) -> Typed | None:
    """What `by` typed after the version was last saved."""
    typed = Typed.objects.filter(version=version, person=by, at__gt=version.edited_at)
    found: Typed | None = typed.exclude(fields={}).first()
    return found


def forget(version: Version, *, by: User, now: datetime, saved_from: int = 0) -> None:
    """Saved from edit number `saved_from`, or thrown away."""
    settled = {"fields": {}, "settled": saved_from, "at": now}
    Typed.objects.update_or_create(version=version, person=by, defaults=settled)
