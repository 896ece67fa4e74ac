"""Notice, version, impact: what is said, by whom, in which state. Questions live in `querysets.py`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.words import (
    CapStatus,
    Certainty,
    Direction,
    Language,
    Mode,
    MsgType,
    PlaceStatus,
    Severity,
    Traffic,
    Urgency,
)
from contacts.models import Organisation, Place, User
from notices import causes, narrowing
from notices.based_on import BasedOn
from notices.kinds import KINDS
from notices.querysets import NoticeQuerySet, VersionQuerySet


class Notice(models.Model):
    """The thread: a reference, an office, a kind. No text, no state."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True, null=True, blank=True)
    kind = models.CharField(max_length=30)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference or str(_("Draft without a number"))

    @property
    def kind_name(self) -> str:
        return str(KINDS[self.kind].name)


class Series(models.Model):
    """The last number given in a series and year; gaps are allowed, doubles are not."""

    name = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "year"], name="series_once")]

    def __str__(self) -> str:
        return f"{self.name}-{self.year}-{self.last:04}"


class Crews(models.TextChoices):
    """Whether crews and drivers have a way to go on when people are kept from passing."""

    EXISTS = "exists", _("Yes: “What to do” says how they pass")
    NONE = "none", _("No, there is none yet")
    UNTOUCHED = "untouched", _("They are not touched")


class Version(models.Model):
    """One text of a notice with its impact. Frozen by a trigger from `issued` on."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Waiting for approval")
        RETURNED = "returned", _("Returned")
        REJECTED = "rejected", _("Rejected")
        SCHEDULED = "scheduled", _("Scheduled")
        ISSUED = "issued", _("Issued")
        SUPERSEDED = "superseded", _("Replaced")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Action(models.TextChoices):
        """The button that made the version; readers see the word in the subject and in the history."""

        ISSUE = "issue", _("First version")
        UPDATE = "update", _("Update")
        EXTEND = "extend", _("Extension")
        CORRECT = "correct", _("Correction")
        ALL_CLEAR = "all_clear", _("All-clear")
        WITHDRAW = "withdraw", _("Withdrawal")

    OPEN = (State.DRAFT, State.PENDING, State.RETURNED, State.SCHEDULED)
    EDITABLE = (State.DRAFT, State.RETURNED)
    PUBLIC = (State.ISSUED, State.SUPERSEDED, State.WITHDRAWN)

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    edit_number = models.PositiveIntegerField(default=1, help_text="rises with each saved edit: guards two tabs")
    status = models.CharField(max_length=10, choices=CapStatus, default=CapStatus.ACTUAL)
    msg_type = models.CharField(max_length=10, choices=MsgType, default=MsgType.ALERT)
    action = models.CharField(max_length=10, choices=Action, default=Action.ISSUE)
    correction = models.JSONField(default=dict, blank=True, help_text="language → what was wrong, for readers")
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.SEVERE)
    urgency = models.CharField(max_length=10, choices=Urgency, default=Urgency.IMMEDIATE)
    certainty = models.CharField(max_length=10, choices=Certainty, default=Certainty.OBSERVED)
    cause = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="the default copied into rows")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="firm; empty = until further notice")
    reopens_earliest = models.DateTimeField(null=True, blank=True)
    reopens_latest = models.DateTimeField(null=True, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    sheets = models.JSONField(default=dict, blank=True, help_text="role facet → text")
    context_url = models.URLField(blank=True)
    diversion = models.JSONField(default=dict, blank=True)
    audience = models.JSONField(default=dict, blank=True, help_text="aeo, sectors: whom it is narrowed to")
    crews = models.CharField(max_length=10, choices=Crews, blank=True, help_text="empty: not answered")
    source = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="based_on.BasedOn, if it was made from outside"
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    editors = models.ManyToManyField(User, related_name="+", blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, help_text="why it was returned or rejected")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    publish_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=80, blank=True, help_text="scheme:SHA-256 of what was submitted")
    spoken = models.JSONField(default=dict, blank=True, help_text="language → wording, kept from the issue on")
    publication_id = models.BigIntegerField(null=True, blank=True, help_text="delivery.Publication")

    objects: ClassVar[Any] = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["notice", "number"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["notice"],
                condition=Q(state__in=["draft", "pending", "returned", "scheduled"]),
                name="one_open_version",
            ),
            models.UniqueConstraint(
                fields=["notice"], condition=Q(state="issued"), name="one_issued_version"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) | Q(ends_at=None) | Q(starts_at=None),
                name="version_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(reopens_latest__gte=F("reopens_earliest")),
                name="reopening_range_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "superseded", "withdrawn"]) | ~Q(digest=""),
                name="issued_has_digest",
            ),
        ]
        indexes = [models.Index(fields=["state", "-issued_at"], name="version_by_state")]

    def __str__(self) -> str:
        return f"{self.notice} v{self.number}"

    @property
    def is_public(self) -> bool:
        return self.state in self.PUBLIC

    @property
    def is_exercise(self) -> bool:
        return self.status != CapStatus.ACTUAL

    @property
    def writer(self) -> User:
        """Who answers for it at the desk: its author, or of a program's draft whoever took it further."""
        return self.submitted_by if self.submitted_by and hasattr(self, "handed_in") else self.author

    @property
    def sent_at(self) -> datetime:
        """When it was issued (CAP `sent`); raises `ValueError` for a version that never was."""
        if self.issued_at is None:
            raise ValueError(f"version {self.pk} was never issued")
        return self.issued_at

    def text_in(self, language: str) -> Text:
        """The text in `language`, else the official one, else any; raises `Text.DoesNotExist` without texts."""
        texts = {text.language: text for text in self.texts.all()}
        for wanted in (language[:2], "en"):
            if wanted in texts:
                return texts[wanted]
        for text in texts.values():
            return text
        raise Text.DoesNotExist(f"version {self.pk} has no text")

    def correction_in(self, language: str) -> tuple[str, str]:
        """What a correction says was wrong, and the language it says it in; two empty strings if nothing."""
        for wanted in (language[:2], "en", *self.correction):
            if self.correction.get(wanted):
                return self.correction[wanted], wanted
        return "", ""

    @property
    def title_here(self) -> str:
        """The title in the language of the page; empty while nothing is written."""
        return self.text_in(get_language() or "en").title if self.texts.all() else ""

    @property
    def state_since(self) -> datetime:
        """When it came into its state, or was last edited."""
        state = Version.State
        came = {state.PENDING: self.submitted_at, state.RETURNED: self.decided_at, state.REJECTED: self.decided_at,
                state.SCHEDULED: self.decided_at, state.ISSUED: self.issued_at, state.SUPERSEDED: self.replaced_at,
                state.WITHDRAWN: self.replaced_at}.get(state(self.state))  # fmt: skip
        return came or self.edited_at

    @property
    def cause_here(self) -> str:
        """The cause in the language of the page, where it is one that every language knows."""
        return causes.say(self.cause)

    @property
    def based_on(self) -> BasedOn | None:
        """The message from outside that it was made from."""
        return BasedOn.from_json(self.source) if self.source else None

    @property
    def meant_for(self) -> str:
        """Whom it is narrowed to, in the language of the page; empty where it is for everybody."""
        return narrowing.words(self.audience)


class Text(models.Model):
    """The words in one language. `truth_line` is made from the rows and stored when issued."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=5, choices=Language)
    title = models.CharField(max_length=160)
    body = models.TextField(blank=True)
    instruction = models.TextField(blank=True)
    truth_line = models.TextField(blank=True)

    class Meta:
        ordering = ["language"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="text_once")]

    def __str__(self) -> str:
        return self.title


class ImpactRow(models.Model):
    """A place × modes × directions × traffic → status: one row stands for the product of its sets.

    A later row (by `position`) wins over an earlier one for the same cell. No row means "not stated".
    """

    version = models.ForeignKey(Version, models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField()
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+")
    place_name = models.CharField(max_length=120, blank=True, help_text="a place without a code")
    system = models.CharField(max_length=120, blank=True, help_text="a system of customs or the port, by its name")
    modes = ArrayField(models.CharField(max_length=20, choices=Mode))
    directions = ArrayField(models.CharField(max_length=10, choices=Direction))
    traffic = ArrayField(models.CharField(max_length=30, choices=Traffic))
    agency = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=15, choices=PlaceStatus)
    qualifier = models.JSONField(default=dict, blank=True, help_text="limit, value, hours, days (truth line)")
    time_zone = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    starts_local = models.CharField(max_length=16, help_text="wall time as typed, YYYY-MM-DDTHH:MM")
    ends_local = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="row_position_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) | Q(ends_at=None), name="impact_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(place__isnull=False) | ~Q(place_name="") | ~Q(system=""), name="impact_is_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(status__in=list(PlaceStatus.values)), name="impact_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place_id or self.place_name or self.system} {self.status}"

    def name_in(self, language: str) -> str:
        """What the row speaks of, as its readers call it."""
        return self.place.name_in(language) if self.place else self.place_name or self.system


class Approval(models.Model):
    """One person's yes to exactly one digest."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="approvals")
    digest = models.CharField(max_length=80)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "digest", "person"], name="approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} approves {self.version_id}"
