"""What concerns an association, and what of it is new since one of its people marked all as seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from base.access import Can, demand
from base.words import CapStatus, MsgType
from contacts import audience
from contacts.models import Organisation, User
from delivery.models import Publication

from . import wording
from .models import Mark, Version

LOOK_BACK = timedelta(days=7)  # for whoever has never marked anything
Action = Version.Action


@dataclass(frozen=True)
class Change:
    """A notice that became something else at `at`: by its newest version, or because it was over."""

    version: Version
    word: str
    headline: str
    at: datetime

    @property
    def is_good(self) -> bool:
        return self.version.action == Action.ALL_CLEAR or self.version.msg_type == MsgType.CANCEL


def concern_of(versions: Sequence[Version], association: Organisation) -> list[audience.Concern]:
    """How many members each version concerns, by what its publication is for."""
    publications = Publication.objects.in_bulk([version.publication_id for version in versions])
    facets = [audience.Facets.from_json(publications[version.publication_id].audience) for version in versions]
    return audience.concerned(facets, association.pk)


def seen_until(association: Organisation, person: User, *, now: datetime) -> datetime:
    mark = Mark.objects.filter(association=association, person=person).first()
    return mark.at if mark else now - LOOK_BACK


def see_all(association: Organisation, *, by: User, until: datetime, now: datetime) -> None:
    """Marks all as seen up to `until`, when the page was drawn: what came later stays new. Never goes back."""
    demand(by, Can.SEE_ASSOCIATION, association)
    until = min(until, now)
    mark, made = Mark.objects.get_or_create(association=association, person=by, defaults={"at": until})
    if not made:
        Mark.objects.filter(pk=mark.pk, at__lt=until).update(at=until)


def changes(association: Organisation, *, since: datetime, now: datetime) -> list[Change]:
    """One a notice, the newest first; also where only the version before concerned a member."""
    moved = list(
        Version.objects.filter(state=Version.State.ISSUED, status=CapStatus.ACTUAL, issued_at__lte=now)
        .filter(Q(issued_at__gt=since) | ended(since, now))
        .exclude(publication_id=None)
        .select_related("notice__office")
        .prefetch_related("texts", "rows__place")
    )
    both = [*moved, *_before(moved)]
    concerned = {
        version.notice_id
        for version, concern in zip(both, concern_of(both, association), strict=True)
        if concern.members
    }
    found = [_change(version, now=now) for version in moved if version.notice_id in concerned]
    return sorted(found, key=lambda change: change.at, reverse=True)


def ended(since: datetime, now: datetime) -> Q:
    """What ended by itself. After an all-clear or a withdrawal that is no news."""
    said = Q(msg_type=MsgType.CANCEL) | Q(action=Action.ALL_CLEAR)
    return Q(ends_at__gt=since, ends_at__lte=now) & ~said


def _before(versions: Iterable[Version]) -> list[Version]:
    newest = {version.notice_id: version.number for version in versions}
    earlier = Version.objects.public().filter(notice__in=newest).exclude(publication_id=None).order_by("number")
    last = {version.notice_id: version for version in earlier if version.number < newest[version.notice_id]}
    return list(last.values())


def _change(version: Version, *, now: datetime) -> Change:
    issued_at = version.issued_at or version.created_at
    headline = wording.headline(version, get_language() or "en")
    said = version.action == Action.ALL_CLEAR or version.msg_type == MsgType.CANCEL
    if version.ends_at is not None and version.ends_at <= now and not said:
        return Change(version, _("Over"), headline, version.ends_at)
    word = _("New notice") if version.action == Action.ISSUE else version.get_action_display()
    return Change(version, word, headline, issued_at)
