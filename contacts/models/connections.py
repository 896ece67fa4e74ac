"""Machines and chat channels of an organisation that hear each notice."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from base.words import Language
from delivery.models import Endpoint

from .people import Organisation, User


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def at(self, organisations: list[int]) -> ConnectionQuerySet:
        """Those that are there, of these organisations alone."""
        found = self.filter(organisation__in=organisations, removed_at=None)
        return found.select_related("organisation", "endpoint__address")


class Connection(models.Model):
    """Whose an endpoint is, what it is called, and what it hears beside actual notices."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="connections")
    endpoint = models.OneToOneField(Endpoint, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    exercises = models.BooleanField(default=False)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="its people know that it paused itself")

    objects: ClassVar[Any] = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
