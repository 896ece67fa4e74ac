"""The guard before a big one: far more people than an office usually writes to, and their number is typed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from base.errors import Refused
from base.words import CapStatus
from contacts import audience, reach
from contacts.models import Organisation
from delivery.models import Delivery

from .facets import facets_of, leaves_at
from .models import Version

TIMES = 3
LOOKED_AT = 10  # publications
FEWEST_KNOWN = 3  # publications; below that nothing is usual yet


class NotTyped(Refused):
    """`facts["people"]` is the number to type."""

    field = "typed"


@dataclass(frozen=True)
class Guard:
    """`people` it goes to and the `usual` number, both as coarse as they are shown."""

    people: int
    usual: int

    @property
    def times(self) -> float:
        return self.people / self.usual


def usual(office: Organisation) -> int | None:
    """The median of the people written to by the office's last publications; None while there are too few."""
    issued = Version.objects.public().filter(notice__office=office, status=CapStatus.ACTUAL)
    last = issued.exclude(publication_id=None).order_by("-issued_at").values_list("publication_id", flat=True)
    counts = Delivery.objects.filter(publication_id__in=list(last[:LOOKED_AT])).values("publication_id")
    people = [row["people"] for row in counts.annotate(people=Count("id")).order_by()]
    return reach.coarse(int(median(people))) if len(people) >= FEWEST_KNOWN else None


def guard_of(version: Version, people: int | None) -> Guard | None:
    """The guard on `version`, which goes to `people` (coarse; None is one or two), if it needs one."""
    return _guard(people, usual(version.notice.office)) if people else None


def _guard(people: int | None, known: int | None) -> Guard | None:
    return Guard(people, known) if people and known and people > TIMES * known else None


def check(version: Version, *, typed: str, now: datetime) -> None:
    """Raises `NotTyped` unless the number is typed where it is asked for."""
    known = usual(version.notice.office)
    if known is None:
        return
    people = reach.coarse(audience.count(audience.Facets.from_json(facets_of(version), at=leaves_at(version, now))))
    guard = _guard(people, known)
    if guard is not None and "".join(sign for sign in typed if sign.isdigit()) != str(guard.people):
        raise NotTyped(
            _("Type %(people)s to confirm: this goes to far more people than usual.") % {"people": guard.people},
            people=guard.people,
        )
