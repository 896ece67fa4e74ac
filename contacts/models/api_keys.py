"""Keys with which programs of an organisation write through the API. The key itself is never stored."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .people import Organisation, Seat, User

LONGEST = timedelta(days=366)


class Scope(models.TextChoices):
    """What a key may do beyond reading, which needs none. Nothing here issues a notice: people do."""

    DRAFT = "notices:draft", _("Hand in drafts of notices, and see what became of them")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def at(self, organisations: list[int]) -> ApiKeyQuerySet:
        found = self.filter(organisation__in=organisations)
        return found.select_related("organisation", "seat__user", "seat__organisation")

    def live(self, now: datetime) -> ApiKeyQuerySet:
        """Those that open something: a key ends with its time, by hand, and with the seat of whoever made it."""
        owned = self.filter(seat__ended_at=None, seat__user__is_active=True)
        return owned.filter(revoked_at=None, expires_at__gt=now)


class ApiKey(models.Model):
    """Whose key it is, what it may and until when; `digest` is SHA-256 of the key, `prefix` its first signs."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="api_keys")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+", help_text="by which its owner answers for it")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at"), expires_at__lte=F("made_at") + LONGEST),
                name="api_key_ends_within_a_year",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> User:
        return self.seat.user

    @property
    def has_owner(self) -> bool:
        return self.seat.ended_at is None and self.seat.user.is_active

    @property
    def scope_names(self) -> list[str]:
        return [str(Scope(one).label) for one in self.scopes if one in Scope.values]
