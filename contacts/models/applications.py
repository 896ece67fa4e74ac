"""Associations that ask to take part."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Language, Mode, Sector
from delivery.models import Address

from .people import Organisation, User


class Application(models.Model):
    """What an association says of itself. Enters the queue only when the address of its contact is verified."""

    class State(models.TextChoices):
        UNVERIFIED = "unverified", _("Waiting for your confirmation")
        OPEN = "open", _("Waiting for a decision")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    ALIVE: ClassVar[tuple[State, ...]] = (State.UNVERIFIED, State.OPEN)

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.UNVERIFIED)
    name = models.CharField(max_length=160)
    name_key = models.CharField(max_length=160, help_text="what names are compared by")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    sectors = ArrayField(models.CharField(max_length=60, choices=Sector))
    places = ArrayField(models.BigIntegerField(), default=list, help_text="ids of Place; empty: every one")
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list, help_text="empty: every one")
    contact = models.CharField(max_length=120)
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    about = models.TextField(blank=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    suspicious = models.BooleanField(default=False, help_text="the trap field was filled")
    created_at = models.DateTimeField()
    mailed_at = models.DateTimeField(help_text="when the link to confirm was last sent")
    verified_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, help_text="why it was declined, as the applicant reads it")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["verified_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["address", "name_key"],
                condition=Q(state__in=["unverified", "open"]),
                name="application_once",
            ),
            models.CheckConstraint(
                condition=Q(state="unverified") | Q(verified_at__isnull=False), name="application_verified_first"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["unverified", "open"]) | Q(decided_at__isnull=False),
                name="application_decided_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(organisation__isnull=False),
                name="application_makes_an_organisation",
            ),
            models.CheckConstraint(condition=~Q(state="declined") | ~Q(reason=""), name="application_declined_why"),
        ]

    def __str__(self) -> str:
        return self.name
