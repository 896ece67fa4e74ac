"""What associations answer and have seen."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Organisation, User

from .versions import Version


class Relay(models.Model):
    """An association's answer to a version: passed on by the portal, by its own means, or not relevant."""

    class Means(models.TextChoices):
        PORTAL = "portal", _("Relayed by the portal")
        OWN = "own_means", _("Relayed by our own means")
        NOT_RELEVANT = "not_relevant", _("Not relevant for our members")

    version = models.ForeignKey(Version, models.PROTECT, related_name="relays")
    association = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    means = models.CharField(max_length=15, choices=Means)
    words = models.TextField(blank=True, help_text="the association's own words above the frozen text")
    told_at = models.DateTimeField(null=True, blank=True, help_text="when its own means reached the members")
    head_count = models.PositiveIntegerField(null=True, blank=True, help_text="how many its own means reached")
    reason = models.CharField(max_length=200, blank=True, help_text="why it is not relevant")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "association"], name="relay_once"),
            models.CheckConstraint(condition=Q(told_at__lte=F("at")), name="relay_told_before_written"),
        ]

    def __str__(self) -> str:
        return f"{self.association_id} {self.means}"


class Mark(models.Model):
    """Up to when one person at one association has seen what is new."""

    association = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["association", "person"], name="mark_once")]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.association_id}"
