"""Public subscriptions: no account, double opt-in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Language, Mode, Severity, Traffic
from contacts.rhythm import MORNING, Choice, Rhythm, is_quiet
from delivery import numbers
from delivery.models import Address


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def quiet(self, at: datetime) -> list[Choice]:
        """The different quiet hours that it is `at`.

        They are told by the zone data that the digests go by: the database's own may be of another year.
        """
        kept = self.filter(state=Subscription.State.CONFIRMED, quiet_from__isnull=False).order_by()
        names = ("time_zone", "quiet_from", "quiet_to")
        choices = [Choice(**dict(zip(names, one, strict=True))) for one in kept.values_list(*names).distinct()]
        return [one for one in choices if is_quiet(one, at)]


class Subscription(models.Model):
    """Places or countries × modes × traffic × least severity × language, and when. Empty means every one.

    `digest_due_at` is NULL for whoever hears everything at once. What of the notices is new to a reader is found
    from `digest_since` on; both move in the transaction that opens the digest.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for confirmation")
        CONFIRMED = "confirmed", _("Confirmed")
        LEFT = "left", _("Left")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    beside = models.ForeignKey(
        Address, models.PROTECT, null=True, blank=True, related_name="+", help_text="the mailbox on whose page it is"
    )
    places = ArrayField(models.BigIntegerField(), default=list, help_text="ids of Place")
    countries = ArrayField(models.CharField(max_length=2), default=list, help_text="ISO 3166-1 alpha-2")
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    traffic = ArrayField(models.CharField(max_length=30, choices=Traffic), default=list)
    least_severity = models.CharField(max_length=10, choices=Severity, default=Severity.MINOR)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    rhythm = models.CharField(max_length=10, choices=Rhythm, default=Rhythm.AT_ONCE)
    hour = models.PositiveSmallIntegerField(default=MORNING, help_text="of a daily or weekly digest, local")
    weekday = models.PositiveSmallIntegerField(default=0, help_text="of a weekly digest; Monday is 0")
    time_zone = models.CharField(max_length=60, default="UTC")
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True, help_text="local hour")
    quiet_to = models.PositiveSmallIntegerField(null=True, blank=True, help_text="local hour, no longer quiet")
    digest_since = models.DateTimeField(null=True, blank=True, help_text="up to when notices were looked at")
    digest_due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    consent_text = models.TextField(blank=True, help_text="the sentence that was agreed to, as shown")
    ip_prefix = models.CharField(max_length=45, blank=True)

    objects: ClassVar[Any] = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hour__lt=24, weekday__lt=7)
                & (Q(quiet_from=None, quiet_to=None) | Q(quiet_from__lt=24, quiet_to__lt=24)),
                name="subscription_hours",
            ),
        ]
        indexes = [
            models.Index(fields=["address"], condition=Q(state="confirmed"), name="subscription_audience"),
            GinIndex(
                fields=["places", "countries"],
                condition=Q(state="confirmed"),
                fastupdate=False,
                name="subscription_places",
            ),
            models.Index(
                fields=["digest_due_at"],
                condition=Q(state="confirmed", digest_due_at__isnull=False),
                name="subscription_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address_id} {self.state}"

    @property
    def phone_hint(self) -> str:
        """The number, for its owner alone to know again; empty for a mailbox."""
        return numbers.hinted(self.address.key) if self.address.channel == numbers.CHANNEL else ""

    @property
    def choice(self) -> Choice:
        return Choice(**{name: getattr(self, name) for name in Choice.__dataclass_fields__})
