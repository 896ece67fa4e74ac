"""What helps at the desk: prepared words, unsaved typing, what people were told, and notices issued by one alone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.words import Mode
from contacts.models import User
from notices.kinds import KINDS

from .versions import Version


class Template(models.Model):
    """Words prepared for a kind of notice and a mode, in each language; gaps stand as [WHAT BELONGS HERE]."""

    kind = models.CharField(max_length=30)
    mode = models.CharField(max_length=20, choices=Mode, blank=True, help_text="empty: every mode")
    name = models.CharField(max_length=80)
    texts = models.JSONField(help_text="language → title, body, instruction")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["kind", "mode", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "mode", "name"], name="template_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_name(self) -> str:
        return str(KINDS[self.kind].name)

    @property
    def full_name(self) -> str:
        return f"{self.name} ({self.get_mode_display()})" if self.mode else self.name


class Typed(models.Model):
    """What one person typed into the editor and has not saved: a lost session or a dead battery loses nothing."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="typed")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    fields = models.JSONField(help_text="form field → list of its values; empty once saved or thrown away")
    settled = models.PositiveIntegerField(default=0, help_text="the edit number this person has saved from")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="typed_once")]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.person_id}"


class Told(models.Model):
    """That people were told something of a version, of this moment: once each, whatever happens to the mail."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    what = models.CharField(max_length=20)
    moment = models.DateTimeField(help_text="what was told of: when it was due, or had happened")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "what", "moment"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.version_id}"


class LoneIssue(models.Model):
    """That one officer issued a version without a second person, why, and what the second person found later."""

    class Finding(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        CHANGED = "changed", _("To be changed or withdrawn")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.OneToOneField(Version, models.PROTECT, related_name="lone")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()
    review_due_at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=Finding, blank=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finding="", reviewed_by=None, reviewed_at=None)
                | ~Q(finding="") & Q(reviewed_at__isnull=False) & ~Q(reviewed_by=F("by")),
                name="lone_issue_is_reviewed_by_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.by_id} alone"
