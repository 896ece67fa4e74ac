"""Changes of people and their keys that one administrator asks for and somebody else confirms."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.text import labelled
from base.words import Language, Role

from .people import Organisation, User


class TwoPersonChangeQuerySet(models.QuerySet["TwoPersonChange"]):
    def waiting(self, now: datetime) -> TwoPersonChangeQuerySet:
        return self.filter(state=TwoPersonChange.State.WAITING, expires_at__gt=now)


class TwoPersonChange(models.Model):
    """A seat for an address, or a new second factor or e-mail for a person; good for seven days."""

    class Kind(models.TextChoices):
        SEAT = "seat", _("Give a seat")
        FACTOR = "factor", _("Reset the second factor")
        EMAIL = "email", _("Change the e-mail")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # A seat is for an address; the others are for a person who has an account.
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30, choices=Role, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TwoPersonChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(decided_by__isnull=False)
                & ~Q(decided_by=F("asked_by"))
                & (Q(person=None) | ~Q(decided_by=F("person"))),
                name="two_person_change_has_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(kind="seat", person=None, organisation__isnull=False)
                | Q(kind__in=["factor", "email"], person__isnull=False, organisation=None),
                name="two_person_change_is_whole",
            ),
        ]

    def __str__(self) -> str:
        parts = [self.email] if self.person is None else [self.person.email, self.email]
        whom = " → ".join(part for part in parts if part)
        seat = f"{self.get_role_display()}, {self.organisation}: " if self.organisation else ""
        return labelled(self.get_kind_display(), seat + whom)

    @property
    def owner(self) -> User:
        """Whose keys change; raises `ValueError` where it is about a seat."""
        if self.person is None:
            raise ValueError(f"{self.uid} is about a seat")
        return self.person

    @property
    def where(self) -> Organisation:
        """Where the seat is; raises `ValueError` where it is about keys."""
        if self.organisation is None:
            raise ValueError(f"{self.uid} is about keys")
        return self.organisation
