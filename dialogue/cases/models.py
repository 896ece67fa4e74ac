"""A case: somebody asks, customs answers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.access import has_seat
from base.words import Language, Role
from contacts.models import Organisation, Place, User
from delivery.models import Address

from . import kinds

BY_THE_ASKER = ("again", "closed")  # entries without a colleague as their author
FOLDER = "cases"  # of files, below MEDIA_ROOT


class CaseQuerySet(models.QuerySet["Case"]):
    def queue(self) -> CaseQuerySet:
        """What waits for customs: verified and without an answer, the one due first on top."""
        return self.filter(state=Case.State.OPEN).order_by("due_at", "pk")

    def late(self, now: datetime) -> CaseQuerySet:
        return self.filter(state=Case.State.OPEN, due_at__lt=now)

    def visible_to(self, user: Any) -> CaseQuerySet:
        """Verified cases of the offices one works for; every one for liaison officers and headquarters."""
        verified = self.filter(verified_at__isnull=False)
        if has_seat(user, Role.LIAISON, Role.HEADQUARTERS):
            return verified
        offices = [seat.organisation_id for seat in user.seats() if seat.role in (Role.OFFICER, Role.APPROVER)]
        return verified.filter(office_id__in=offices)


class Case(models.Model):
    """A question and its way to an answer. Enters the queue only when the address is verified."""

    class State(models.TextChoices):
        UNVERIFIED = "unverified", _("Waiting for your confirmation")
        OPEN = "open", _("Waiting for an answer")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20, default=kinds.FIRST, help_text="a key of kinds.KINDS")
    state = models.CharField(max_length=12, choices=State, default=State.UNVERIFIED)
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    company = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=160)
    message = models.TextField()
    detail = models.CharField(max_length=200, blank=True, help_text="what else its kind asks for")
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    place = models.ForeignKey(Place, models.SET_NULL, null=True, blank=True, related_name="+")
    notice_reference = models.CharField(max_length=20, blank=True)
    office = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    suspicious = models.BooleanField(default=False, help_text="the trap field was filled")
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="the last answer")
    closed_at = models.DateTimeField(null=True, blank=True)
    said = models.PositiveIntegerField(default=1, help_text="how often one spoke to the other, the question included")

    objects: ClassVar[Any] = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="unverified") | Q(verified_at__isnull=False), name="case_verified_first"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def about_what(self) -> kinds.Kind:
        return kinds.KINDS[self.kind]

    @property
    def zone(self) -> str:
        """Where its times are told: at its place, else in UTC."""
        return (self.place.time_zone if self.place else "") or "UTC"


class CaseEntry(models.Model):
    """One thing said or done in a case; what the submitter may read of it is told by `history`."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("Answer")
        NOTE = "note", _("Internal note")
        ASSIGNED = "assigned", _("Given to a person")
        MOVED = "moved", _("Passed to an office")
        ASKED_AGAIN = "again", _("Asked again")
        CLOSED = "closed", _("Closed")

    case = models.ForeignKey(Case, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", help_text="whom it was given to")
    office = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", help_text="where it went")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", help_text="empty: who asked")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]  # as it was written, whatever the clocks of two machines say
        constraints = [
            models.CheckConstraint(
                condition=Q(by=None, kind__in=BY_THE_ASKER) | Q(by__isnull=False) & ~Q(kind__in=BY_THE_ASKER),
                name="case_entry_has_its_author",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.case_id}"


class Unfinished(models.Model):
    """The answer that one person is typing; `settled` is the `said` of the case that they last answered."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    text = models.TextField(blank=True)
    settled = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="one_unfinished_answer_each")]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.case_id}"


class CaseTold(models.Model):
    """That people were told of a promised hour of a case: once each, whatever happens to the mail."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    what = models.CharField(max_length=10)
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "what", "due_at"], name="case_told_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.case_id}"


def _random_path(kept: CaseFile, _name: str) -> str:
    return f"{FOLDER}/{uuid.uuid4().hex}"


class CaseFile(models.Model):
    """A file that came with a case; `draft` is the form it came in, before the case exists."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    draft = models.UUIDField(db_index=True)
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="files")
    name = models.CharField(max_length=150, help_text="as its owner called it; never a path here")
    mime = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    content = models.FileField(upload_to=_random_path)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class CaseSeries(models.Model):
    """The last number given in a year."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"Q-{self.year}-{self.last:06}"
