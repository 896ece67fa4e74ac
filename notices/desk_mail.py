"""Short mails from the desk to its own people: officers, approvers, liaison, headquarters. Never to the trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from base import clock
from base.words import Role
from contacts import letters
from contacts.models import Organisation, User
from delivery import outbox

from . import render, wording
from .models import LoneIssue, Version


@dataclass(frozen=True)
class Letter:
    """Words with %(places) for what `send` knows of a version; `page` is the URL name that its button opens."""

    heading: str | Promise
    words: str | Promise
    label: str | Promise
    page: str = "version_preview"


def offices_of(version: Version) -> list[int]:
    """The office and whoever publishes for it."""
    office = version.notice.office
    return [office.pk, *office.published_by.values_list("pk", flat=True)]


def seated(offices: list[int], *roles: str) -> QuerySet[User]:
    """Active people with one of these seats there now."""
    seats = Q(seat__organisation__in=offices, seat__role__in=roles, seat__ended_at=None)
    return User.objects.filter(seats, is_active=True).distinct()


def above() -> list[int]:
    """The administration itself: headquarters sits there."""
    return list(Organisation.objects.filter(kind=Organisation.Kind.ADMINISTRATION).values_list("pk", flat=True))


def watchers(version: Version) -> QuerySet[User]:
    """Headquarters, and the liaison officers of the administration and of the office."""
    return seated([*above(), *offices_of(version)], Role.HEADQUARTERS, Role.LIAISON)


def greeting(person: User) -> str:
    """In the language of the person."""
    with translation.override(person.language):
        return _("Hello %(name)s,") % {"name": person}


def send(letter: Letter, version: Version, *, to: User, key: str, due: datetime, now: datetime) -> None:
    """Posts the letter in the language of its reader; under one key it goes out once. `due` is told as %(due)s."""
    alone = LoneIssue.objects.filter(version=version).first()
    with translation.override(to.language):
        facts = {
            "author": str(version.author),
            "decider": str(version.decided_by or ""),
            "reason": version.reason,
            "alone": alone.reason if alone else "",
            "reference": version.notice.reference or "",
            "headline": wording.headline(version, to.language),
            "office": str(version.notice.office),
            "due": clock.shown(due, render.zone_of(version), to.language),
        }
        context = {
            "heading": letter.heading % facts,
            "words": letter.words % facts,
            "label": letter.label,
            "link": letters.address_of(letter.page, to.language, str(version.uid)),
        }
        sealed = letters.seal("desk", to.language, context)
    outbox.post(key=f"{key}:{to.pk}", to=to.email, message=sealed, greeting=greeting(to), now=now)
