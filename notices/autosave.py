"""What is typed and not yet saved: kept while it is typed, offered again, gone once it is saved or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    """The newest typing of one person in one version; too large to be a form of ours, it is not kept."""
    fields = fields_of(data)
    if sum(len(value) for values in fields.values() for value in values) <= MOST_BYTES:
        Typed.objects.update_or_create(version=version, person=by, defaults={"fields": fields, "at": now})


def kept(version: Version, *, by: User) -> Typed | None:
    """What `by` typed after the version was last saved."""
    found: Typed | None = Typed.objects.filter(version=version, person=by, at__gt=version.edited_at).first()
    return found


def forget(version: Version, *, by: Any) -> None:
    Typed.objects.filter(version=version, person=by).delete()
