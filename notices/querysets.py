"""The questions asked of notices; they chain. `published` is the one door of every public page and feed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, FilteredRelation, Max, OuterRef, Q

from base.words import CapStatus, Role

if TYPE_CHECKING:
    from .models import Notice, Version  # noqa: F401 - named in quotes below

_PUBLIC = ("issued", "superseded", "withdrawn")
NEWEST_FIRST = (F("newest__issued_at").desc(), F("pk").desc())  # of `with_newest()`


def _versions() -> Any:
    """The Version model by way of its registry: models/ imports this module."""
    from django.apps import apps  # noqa: PLC0415 - the app registry is ready only after models are

    return apps.get_model("notices", "Version")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def published(self, now: datetime) -> NoticeQuerySet:
        """Notices with a version that went out, exercises and tests left out."""
        gone_out = _versions().objects.filter(
            notice=OuterRef("pk"), state__in=_PUBLIC, issued_at__lte=now, status=CapStatus.ACTUAL
        )
        return self.filter(Exists(gone_out))

    def in_force(self, now: datetime) -> NoticeQuerySet:
        """Published and not over: `ends_at` alone decides, and a Cancel ends at once."""
        live = (
            _versions()
            .objects.filter(notice=OuterRef("pk"), state="issued", issued_at__lte=now, status=CapStatus.ACTUAL)
            .filter(Q(ends_at=None) | Q(ends_at__gt=now))
            .exclude(msg_type="Cancel")
        )
        return self.filter(Exists(live))

    def over_since(self, since: datetime, now: datetime) -> NoticeQuerySet:
        """Those that ended or were withdrawn between `since` and `now`."""
        cancelled = Q(msg_type="Cancel")
        ended = (
            _versions()
            .objects.filter(notice=OuterRef("pk"), state="issued", issued_at__lte=now, status=CapStatus.ACTUAL)
            .filter(~cancelled & Q(ends_at__gt=since, ends_at__lte=now) | cancelled & Q(issued_at__gt=since))
        )
        return self.filter(Exists(ended))

    def in_force_or_over(self, now: datetime, *, since: datetime) -> NoticeQuerySet:
        return self.in_force(now) | self.over_since(since, now)

    def saying(self, *conditions: Q, **facts: Any) -> NoticeQuerySet:
        """Whose newest public version answers to all of it, in one row; what was replaced says nothing any more."""
        newest = _versions().objects.filter(notice=OuterRef("pk"), state="issued")
        return self.filter(Exists(newest.filter(*conditions, **facts)))

    def in_state(self, state: str, now: datetime) -> NoticeQuerySet:
        """One of `cards.STATES`, as `cards.state_of` tells them."""
        withdrawn, over = Q(msg_type="Cancel"), Q(ends_at__isnull=False, ends_at__lte=now)
        planned = Q(starts_at__isnull=False, starts_at__gt=now)
        said = {
            "withdrawn": withdrawn,
            "over": ~withdrawn & over,
            "planned": ~withdrawn & ~over & planned,
            "current": ~withdrawn & ~over & ~planned,
        }
        return self.saying(said[state])

    def held_after(self, moment: datetime) -> NoticeQuerySet:
        """Those that had no end before `moment`; a withdrawal ends at once."""
        withdrawn = Q(msg_type="Cancel")
        lasting = Q(ends_at=None) | Q(ends_at__gt=moment)
        return self.saying(withdrawn & Q(issued_at__gt=moment) | ~withdrawn & lasting)

    def held_before(self, moment: datetime) -> NoticeQuerySet:
        """Those of which some version says that it had begun before `moment`."""
        begun = _versions().objects.filter(notice=OuterRef("pk"), state__in=_PUBLIC, starts_at__lt=moment)
        return self.filter(Exists(begun))

    def newest_first(self) -> NoticeQuerySet:
        """By the issue of the version that holds."""
        return self.with_newest().order_by(*NEWEST_FIRST)

    def with_newest(self) -> NoticeQuerySet:
        """`newest`: the version that holds, to sort by."""
        return self.annotate(newest=FilteredRelation("versions", condition=Q(versions__state="issued")))

    def for_cards(self) -> NoticeQuerySet:
        """With everything a list shows, in a fixed number of queries."""
        newest_first = (
            _versions().objects.filter(state__in=_PUBLIC).order_by("-number").prefetch_related("texts", "rows__place")
        )
        return self.select_related("office").prefetch_related(
            models.Prefetch("versions", queryset=newest_first, to_attr="public_versions")
        )


class VersionQuerySet(models.QuerySet["Version"]):
    def public(self) -> VersionQuerySet:
        return self.filter(state__in=_PUBLIC)

    def last_moved_at(self, now: datetime) -> datetime | None:
        """When the set in force last changed, by an issue or by an end; as time passes it never goes backwards."""
        over = Q(state="issued", ends_at__lte=now) & ~Q(msg_type="Cancel")
        moves = (
            self.public()
            .filter(issued_at__lte=now, status=CapStatus.ACTUAL)
            .aggregate(issued=Max("issued_at"), ended=Max("ends_at", filter=over))
        )
        return max((moment for moment in moves.values() if moment), default=None)

    def open(self) -> VersionQuerySet:
        return self.filter(state__in=("draft", "pending", "returned", "scheduled"))

    def visible_to(self, user: Any) -> VersionQuerySet:
        """What goes out is everybody's; open versions only for the offices one works for, or headquarters."""
        if any(seat.role in (Role.HEADQUARTERS, Role.AUDITOR) for seat in user.seats()):
            return self.all()
        offices = [
            seat.organisation_id for seat in user.seats() if seat.role in (Role.OFFICER, Role.APPROVER)
        ]
        served = Q(notice__office__in=offices) | Q(notice__office__published_by__in=offices)
        return self.filter(Q(state__in=_PUBLIC) | served).distinct()
