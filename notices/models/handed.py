"""Drafts that programs hand in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from contacts.models import ApiKey, Organisation

from .versions import Version


class HandedInQuerySet(models.QuerySet["HandedIn"]):
    def of(self, organisation: Organisation) -> HandedInQuerySet:
        found = self.filter(key__organisation=organisation)
        return found.select_related("version__notice__office", "key__organisation")


class HandedIn(models.Model):
    """By which key a version came as a draft: its source, for officers; what became of it, for the program."""

    version = models.OneToOneField(Version, models.PROTECT, related_name="handed_in")
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[Any] = HandedInQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.key_id}"
