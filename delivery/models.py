"""What the post office keeps: addresses, publications, messages, batches, deliveries.

Only `Batch` rows are searched by time. `Delivery.state` has no index, so that marks stay cheap.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from base.words import Lane

from .states import State


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


class Publication(models.Model):
    """One thing that goes out, to however many. Pause, stop and supersede are flags here, read with every window."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True, help_text="what opened it: opened twice, it is one")
    lane = models.CharField(max_length=10, choices=Lane)
    audience = models.JSONField(default=dict, help_text="opaque here; the address book reads it")
    give_up_at = models.DateTimeField()
    created_at = models.DateTimeField()
    cursor = models.BigIntegerField(default=0, help_text="last address id that expansion has passed")
    enlisted_at = models.DateTimeField(null=True, blank=True, help_text="expansion reached its end")
    batches_made = models.PositiveIntegerField(default=0)
    held_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_state = models.CharField(max_length=12, choices=State, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_at=None, stop_state="") | Q(stopped_at__isnull=False) & ~Q(stop_state=""),
                name="stop_says_why",
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(enlisted_at=None), name="publication_unfinished")]

    def __str__(self) -> str:
        return self.key


class Message(models.Model):
    """The sealed text of a publication in one language and variant; marks stand where the personal parts go."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="messages")
    language = models.CharField(max_length=5)
    variant = models.CharField(max_length=60, blank=True, help_text="who added words of their own, else empty")
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "language", "variant"], name="message_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class Batch(models.Model):
    """One lease's work: the deliveries of a publication with this number, in order of position."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    lane = models.CharField(max_length=10, choices=Lane)
    size = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True)
    wire_to = models.PositiveIntegerField(default=0, help_text="cursor: handed to the wire up to here")
    done_to = models.PositiveIntegerField(default=0, help_text="cursor: outcome written up to here")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "number"], name="batch_once"),
            models.CheckConstraint(condition=Q(done_to__lte=F("wire_to")), name="done_after_wire"),
        ]
        indexes = [models.Index(fields=["lane", "due_at"], condition=Q(closed_at=None), name="batch_due")]

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.number}"


class Delivery(models.Model):
    """One message to one address. Its batch is named by number, so that one INSERT … SELECT makes both."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="deliveries", db_index=False)
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, models.PROTECT, related_name="+", db_index=False)
    batch_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    greeting = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=20, blank=True)
    reply = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    twice = models.BooleanField(default=False, help_text="sent again after a doubt: there may be two copies")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "address"], name="one_message_a_person"),
        ]
        indexes = [models.Index(fields=["publication", "batch_number", "position"], name="delivery_in_batch")]

    def __str__(self) -> str:
        return f"{self.publication_id} to {self.address_id}: {self.state}"
