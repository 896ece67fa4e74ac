"""The recipients of the peers, and their proof that a mail has left."""

from __future__ import annotations

from django.db import models


class Member(models.Model):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    sent_at = models.DateTimeField(null=True)

    objects = models.Manager()

    class Meta:
        app_label = "peers"

    def __str__(self) -> str:
        return self.email
