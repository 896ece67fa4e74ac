"""Member lists that associations keep and customs never sees."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.words import Language, Mode, Severity
from delivery.models import Address

from .people import Organisation, User


class MemberListQuerySet(models.QuerySet["MemberList"]):
    def visible_to(self, user: Any) -> MemberListQuerySet:
        """The lists of the associations where `user` sits; nobody else's, whoever asks."""
        return self.filter(
            association_id__in=[
                seat.organisation_id
                for seat in user.seats()
                if seat.organisation.kind == Organisation.Kind.ASSOCIATION
            ]
        )


class MemberList(models.Model):
    """A list: direct (customs' notices reach it at once) or on relay (it waits for the association's click)."""

    class Way(models.TextChoices):
        DIRECT = "direct", _("Direct")
        ON_RELAY = "on_relay", _("On relay")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    association = models.ForeignKey(Organisation, models.PROTECT, related_name="lists")
    name = models.CharField(max_length=120)
    way = models.CharField(max_length=10, choices=Way, default=Way.DIRECT)
    direct_from = models.CharField(
        max_length=10, choices=Severity, default=Severity.EXTREME, help_text="always direct from this severity"
    )
    columns = models.JSONField(default=dict, help_text="heading → field, as mapped at the last import")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = MemberListQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["association", "name"], name="list_name_once")]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One upload: who, when, what file, on what ground; with what is needed to take it back."""

    class Ground(models.TextChoices):
        MEMBERSHIP_TERMS = "membership_terms", _("Membership terms")
        SIGNED_FORM = "signed_form", _("Signed form")
        CONSENT = "consent", _("Consent of each person")
        LEGITIMATE_INTEREST = "legitimate_interest", _("Legitimate interest of the members")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a decision")
        ASKED = "asked", _("Being imported")
        APPLIED = "applied", _("Imported")
        TAKEN_BACK = "taken_back", _("Taken back")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member_list = models.ForeignKey(MemberList, models.CASCADE, related_name="runs")
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", help_text="who uploaded, then who asked for the import"
    )
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True, help_text="the file between dry run and decision, then NULL")
    options = models.JSONField(default=dict)
    ground = models.CharField(max_length=30, choices=Ground, blank=True)
    counts = models.JSONField(default=dict)
    before = models.JSONField(default=list, help_text="membership rows as they were, to take the import back")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    remove_gone = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    held_until = models.DateTimeField(null=True, blank=True, help_text="lease of the worker that is at it")
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["held_until"], condition=Q(state="asked"), name="import_asked")]

    def __str__(self) -> str:
        return self.file_name


class Membership(models.Model):
    """A mailbox on a list, for one company. Empty `places` or `modes` means every one."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        LEFT = "left", _("Left")
        REMOVED = "removed", _("Removed by the association")

    member_list = models.ForeignKey(MemberList, models.CASCADE, related_name="memberships")
    address = models.ForeignKey(Address, models.PROTECT, related_name="+")
    company = models.CharField(max_length=200, blank=True)
    company_key = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, choices=[*Language.choices, ("ar", "العربية")], default="en")
    phone = models.CharField(max_length=40, blank=True)
    places = ArrayField(models.BigIntegerField(), default=list, help_text="ids of Place")
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    sector_role = models.CharField(max_length=80, blank=True)
    is_aeo = models.BooleanField(null=True, blank=True, help_text="authorised economic operator; empty: not known")
    extra = models.JSONField(default=dict, help_text="other columns, as typed")
    consent_basis = models.CharField(max_length=40, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    state_at = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member_list", "address", "company_key"], name="membership_once"),
        ]
        indexes = [
            models.Index(fields=["address", "member_list"], condition=Q(state="active"), name="membership_audience"),
            # A port that few follow is found without reading everybody.
            GinIndex(fields=["places"], condition=Q(state="active"), fastupdate=False, name="membership_places"),
        ]

    def __str__(self) -> str:
        return f"{self.company or self.address_id} on {self.member_list_id}"


class Refusal(models.Model):
    """Somebody left: this list, or (list empty) everything. No import ever undoes it."""

    address = models.ForeignKey(Address, models.CASCADE, related_name="+")
    member_list = models.ForeignKey(MemberList, models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    way = models.CharField(max_length=20, help_text="page, one_click, complaint")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "member_list"], nulls_distinct=False, name="refusal_once"),
        ]

    def __str__(self) -> str:
        return f"{self.address_id} left {self.member_list_id or 'everything'}"
