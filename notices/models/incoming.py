"""What comes from outside: where it is fetched, and what waits for somebody to make a draft of it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Role, Severity
from contacts.models import Organisation, User
from notices.incoming.found import Found
from notices.incoming.words import Form, State, Trouble

from .versions import Notice


def _seen_by(user: Any, rows: Any) -> Any:
    """Those of the offices that `user` works for or helps; all of them for headquarters and auditors."""
    if any(seat.role in (Role.HEADQUARTERS, Role.AUDITOR) for seat in user.seats()):
        return rows
    offices = [seat.organisation_id for seat in user.seats() if seat.role in (Role.OFFICER, Role.APPROVER)]
    served = Organisation.objects.filter(Q(pk__in=offices) | Q(published_by__in=offices))
    return rows.filter(office__in=served)


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: Any) -> Any:
        return _seen_by(user, self)


class Source(models.Model):
    """An address of another body that is looked at every few minutes, for one office's desk."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, help_text="as readers are told whom a notice is based on")
    url = models.CharField(max_length=2_000)
    form = models.CharField(max_length=10, choices=Form)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_index=True, help_text="when it is looked at next")
    looked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True, help_text="when it could last be read")
    etag = models.CharField(max_length=200, blank=True)
    modified = models.CharField(max_length=100, blank=True, help_text="Last-Modified, as its server says it")
    failures = models.PositiveSmallIntegerField(default=0, help_text="looks in a row that failed")
    trouble = models.CharField(max_length=12, choices=Trouble, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    trouble_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["office", "url"], name="source_once_an_office")]

    def __str__(self) -> str:
        return self.name


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: Any) -> Any:
        return _seen_by(user, self)

    def waiting(self) -> Any:
        """What somebody has to look at: usable or not."""
        return self.filter(state__in=(State.WAITING, State.UNREADABLE))

    def news_about(self, notice: Notice) -> Any:
        """What its source has said since, and nobody has dealt with."""
        return self.filter(notice=notice, state=State.WAITING)


class Item(models.Model):
    """One message from outside, once at an office however often and by whichever way it came."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="+")
    source_name = models.CharField(max_length=80)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, help_text="SHA-256 of what makes it the same message")
    content = models.CharField(max_length=64, help_text="SHA-256 of what it says")
    entry = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the entry of an index that led to it")
    sender = models.CharField(max_length=500, blank=True)
    identifier = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=300, blank=True)
    said = models.JSONField(help_text="incoming.found.Found")
    document = models.BinaryField(default=b"", help_text="the CAP message as it came; empty for an entry of a feed")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="+", help_text="made from it, or told of by it"
    )
    fetched_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["-fetched_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["office", "key"], name="item_once_an_office")]
        indexes = [
            models.Index(fields=["office", "state", "-fetched_at"], name="item_by_state"),
            models.Index(fields=["office", "identifier"], name="item_by_identifier"),
            models.Index(fields=["notice"], condition=Q(state="waiting"), name="item_news_of_notice"),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Without a title"))

    @property
    def severity_word(self) -> str:
        """Empty for an entry of a feed, which says none."""
        said = self.said["severity"]
        return str(Severity(said).label) if said in Severity.values else ""

    @property
    def found(self) -> Found:
        return Found.from_json(self.said)
