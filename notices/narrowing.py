"""Whom a notice is narrowed to: `{"aeo": true, "sectors": [key, …]}`; an empty dict is everybody of its places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from base.words import Sector


def narrowed(*, aeo: bool, sectors: Iterable[str]) -> dict[str, Any]:
    """The JSON of a choice; what is not chosen is left out."""
    chosen = [str(one) for one in Sector if str(one) in set(sectors)]
    return ({"aeo": True} if aeo else {}) | ({"sectors": chosen} if chosen else {})


def words(audience: dict[str, Any]) -> str:
    """For whom it is meant, in the active language; "" where it is for everybody."""
    parts = [str(Sector(one).label) for one in audience.get("sectors", ()) if one in Sector.values]
    if audience.get("aeo"):
        parts.append(_("authorised economic operators (AEO)"))
    return ", ".join(parts)
