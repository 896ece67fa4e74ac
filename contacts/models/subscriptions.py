"""Public subscriptions: no account, double opt-in."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Language, Mode, Severity, Traffic
from delivery.models import Address


class Subscription(models.Model):
    """Places or countries × modes × traffic × least severity × language. Empty means every one."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for confirmation")
        CONFIRMED = "confirmed", _("Confirmed")
        LEFT = "left", _("Left")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    places = ArrayField(models.BigIntegerField(), default=list, help_text="ids of Place")
    countries = ArrayField(models.CharField(max_length=2), default=list, help_text="ISO 3166-1 alpha-2")
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    traffic = ArrayField(models.CharField(max_length=30, choices=Traffic), default=list)
    least_severity = models.CharField(max_length=10, choices=Severity, default=Severity.MINOR)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    consent_text = models.TextField(blank=True, help_text="the sentence that was agreed to, as shown")
    ip_prefix = models.CharField(max_length=45, blank=True)

    class Meta:
        indexes = [models.Index(fields=["address"], condition=Q(state="confirmed"), name="subscription_audience")]

    def __str__(self) -> str:
        return f"{self.address_id} {self.state}"
