"""What the post office keeps: addresses, publications, messages, batches, deliveries, receipts."""

from __future__ import annotations

from django.db import models


class Address(models.Model):
    """One mailbox or number. `value` is shown as typed; `key` is what it is compared and sent by."""

    channel = models.CharField(max_length=20, default="email")
    value = models.CharField(max_length=320)
    key = models.CharField(max_length=320, help_text="case folded, domain as IDNA A-label")
    suppressed_at = models.DateTimeField(null=True, blank=True)
    suppressed_reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="address_once")]

    def __str__(self) -> str:
        return self.value
