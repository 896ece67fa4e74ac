"""What the post office keeps: addresses, publications, messages, batches, deliveries, and its own house.

Only `Batch` rows are searched by time. A `Delivery` is written when it is enlisted and once more when its batch
closes (ADR 9); until then the cursors of the batch tell how far it is.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.words import Lane

from .inbound import Kind
from .states import State


class Address(models.Model):
    """One mailbox or number. `value` is shown as typed; `key` is what it is compared and sent by."""

    channel = models.CharField(max_length=20, default="email")
    value = models.CharField(max_length=320)
    key = models.CharField(max_length=320, help_text="case folded, domain as IDNA A-label")
    suppressed_at = models.DateTimeField(null=True, blank=True)
    suppressed_reason = models.CharField(max_length=40, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True, help_text="what it refused before counts no more")
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
    batches_counted = models.PositiveIntegerField(db_default=0, help_text="refusals up to this one count")
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
        indexes = [
            models.Index(fields=["id"], condition=Q(enlisted_at=None), name="publication_unfinished"),
            models.Index(
                fields=["id"], condition=Q(batches_counted__lt=F("batches_made")), name="publication_uncounted"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Message(models.Model):
    """The sealed text of a publication in one language and variant; marks stand where the personal parts go.

    `bodies`: what other channels than e-mail say, by channel.
    """

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="messages")
    language = models.CharField(max_length=5)
    variant = models.CharField(max_length=60, blank=True, help_text="who added words of their own, else empty")
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    bodies = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "language", "variant"], name="message_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class Batch(models.Model):
    """One lease's work: the deliveries of a publication with this number, in order of position.

    Up to `done_to` each has its outcome, beyond it and up to `wire_to` it is on the wire. A row that still says
    "pending" up to `done_to` was accepted: only other outcomes are written before the batch closes.
    """

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    lane = models.CharField(max_length=10, choices=Lane)
    channel = models.CharField(max_length=20, default="email", db_default="email")
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
        indexes = [models.Index(fields=["channel", "lane", "due_at"], condition=Q(closed_at=None), name="batch_due")]

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.number}"


class Delivery(models.Model):
    """One message to one address. Its batch is named by number, so that one INSERT … SELECT makes both.

    The database does not check its three references row by row: they are read in the statement that writes them, and
    the checks cost more than the row (ADR 9). Nothing that a delivery names is ever deleted (PROTECT).
    """

    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    address = models.ForeignKey(Address, models.PROTECT, related_name="+", db_constraint=False)
    message = models.ForeignKey(Message, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    batch_number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    greeting = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=240, blank=True, db_default="", help_text="for what reasons it is sent")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=20, blank=True)
    reply = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    twice = models.BooleanField(default=False, help_text="sent again after a doubt: there may be two copies")
    cuts = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="how often the other side fell silent after the final dot"
    )
    crashes = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="how many workers died with it on the wire"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "address"], name="one_message_a_person"),
        ]
        indexes = [models.Index(fields=["publication", "batch_number", "position"], name="delivery_in_batch")]

    def __str__(self) -> str:
        return f"{self.publication_id} to {self.address_id}: {self.state}"


class Inbound(models.Model):
    """One mail or event that came back; its text is kept of people's mails alone, and not for ever."""

    digest = models.CharField(max_length=64, unique=True, help_text="the same mail through two doors is one")
    door = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="+")
    number = models.BigIntegerField(null=True, help_text="what the signed address of a canary held")
    action = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=12, blank=True, help_text="RFC 3463")
    diagnostic = models.CharField(max_length=300, blank=True, help_text="without addresses")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, help_text="NULL: waits until its delivery has a state")
    raw = models.BinaryField(null=True)
    fetched_at = models.DateTimeField(null=True, help_text="who reads people's mails has this one")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(kind="human", fetched_at=None), name="inbound_unfetched"),
            models.Index(fields=["id"], condition=Q(applied_at=None), name="inbound_unapplied"),
            models.Index(fields=["kind", "received_at"], name="inbound_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M}"


class Endpoint(models.Model):
    """Somebody's machine that is called with each notice; its address has the channel "webhook" and `uid` as key.

    `failing_since`: no call has come through since. While it rests no call is begun, so that it delays nobody else.
    """

    class Preset(models.TextChoices):
        STANDARD = "standard", _("Data for programs (Standard Webhooks)")
        CHAT = "chat", _("A chat channel (Mattermost, Slack and alike)")

    class Why(models.TextChoices):
        BY_HAND = "by_hand", _("Paused by hand")
        FAILING = "failing", _("Paused: no call has come through for three days")
        GONE = "gone", _("Paused: the other side says that it is gone for good (410)")
        REMOVED = "removed", _("Removed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.OneToOneField(Address, models.PROTECT, related_name="endpoint")
    url = models.TextField()
    preset = models.CharField(max_length=10, choices=Preset, default=Preset.STANDARD)
    secret = models.CharField(max_length=80, help_text="whsec_ and base64")
    old_secret = models.CharField(max_length=250, blank=True, help_text="those that still sign, the newest first")
    old_until = models.DateTimeField(null=True, blank=True, help_text="until then both secrets sign")
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=10, choices=Why, blank=True)
    missed_since = models.DateTimeField(null=True, blank=True, help_text="what was published since may be missing")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_why="") | Q(paused_at__isnull=False) & ~Q(paused_why=""),
                name="endpoint_pause_says_why",
            )
        ]

    def __str__(self) -> str:
        return str(self.address)


class Spending(models.Model):
    """What one day cost on a channel that costs something, in parts; `refused`: how often the cap held one back."""

    day = models.DateField()
    channel = models.CharField(max_length=20)
    parts = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "channel"], name="spending_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.channel}: {self.parts}"


class TurnedAway(models.Model):
    """How many mails and events got nothing, by day, door and reason; nothing else is kept of them."""

    day = models.DateField()
    door = models.CharField(max_length=30)
    reason = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "door", "reason"], name="turned_away_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.door} {self.reason}: {self.count}"


class Relay(models.Model):
    """What the workers have found out about a mail server; see `delivery.relays`."""

    name = models.CharField(max_length=20, primary_key=True)
    failures = models.PositiveIntegerField(default=0, help_text="in a row, since it last took a mail")
    opened_at = models.DateTimeField(null=True, blank=True, help_text="its breaker is open since then")
    probe_at = models.DateTimeField(help_text="when one worker may try it again")
    why = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class House(models.Model):
    """The one row by which the post office knows its database again: a copy that is started sends nothing."""

    class Why(models.TextChoices):
        RESTORED = "restored", _("The database was restored from a backup, or is a copy.")
        MOVED = "moved", _("The site stood still and was started on another machine.")
        SILENT = "silent", _("The site stood still while something was due.")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    identity = models.CharField(max_length=120, help_text="cluster, database and table: none outlives a restore")
    instances = models.JSONField(default=list, help_text="names of those that have sent from here")
    looks = models.BigIntegerField(default=0, help_text="only ever grows, whatever the clock does")
    last_seen_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True)
    held_why = models.CharField(max_length=12, choices=Why, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_house"),
            models.CheckConstraint(
                condition=Q(held_at=None, held_why="") | Q(held_at__isnull=False) & ~Q(held_why=""),
                name="hold_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.held_why or "open"
