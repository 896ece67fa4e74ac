"""Who may see an association's and the headquarters' pages."""

from __future__ import annotations

from typing import Any

from base.access import Can, has_seat, rule
from base.words import Role

from .models import Organisation


@rule(Can.SEE_ASSOCIATION)
def see_association(user: Any, association: Organisation) -> bool:
    """Its own people alone: customs never looks into an association."""
    return has_seat(user, Role.ASSOCIATION_MANAGER, Role.MEMBER, organisation_id=association.pk)


@rule(Can.SEE_HEADQUARTERS)
def see_headquarters(user: Any, obj: object = None) -> bool:
    return has_seat(user, Role.HEADQUARTERS, Role.LIAISON, Role.AUDITOR)
