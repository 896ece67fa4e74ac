"""What stood in which digest, so that nobody reads it twice and whoever read it hears of its change."""

from __future__ import annotations

from django.db import models

from delivery.models import Publication

from .versions import Version


class Listed(models.Model):
    """That a digest told a version; `over`: that it told its end."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    over = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "version"], name="listed_once")]

    def __str__(self) -> str:
        return f"{self.version_id} in {self.publication_id}"
