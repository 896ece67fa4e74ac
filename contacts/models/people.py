"""People, the organisations they work for, and the seats that let them act."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.words import CUSTOMS_ROLES, Language, Mode, Role


def in_language(names: dict[str, str], language: str | None = None) -> str:
    """The name in `language` (default: the active one), else in English, else any."""
    wanted = (language or get_language() or "en")[:2]
    return names.get(wanted) or names.get("en") or next(iter(names.values()), "")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in. What the person may do follows from the seats alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def seats(self) -> list[Seat]:
        """The seats held now; read once a request, since permissions are never stored elsewhere."""
        if not hasattr(self, "_seats"):
            self._seats = list(self.seat_set.filter(ended_at=None).select_related("organisation"))
        return self._seats

    @property
    def is_customs(self) -> bool:
        return any(seat.role in CUSTOMS_ROLES for seat in self.seats())

    @property
    def is_association(self) -> bool:
        return any(seat.organisation.kind == Organisation.Kind.ASSOCIATION for seat in self.seats())


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def offices(self) -> OrganisationQuerySet:
        return self.filter(kind=Organisation.Kind.OFFICE)

    def associations(self) -> OrganisationQuerySet:
        return self.filter(kind=Organisation.Kind.ASSOCIATION)


class Organisation(models.Model):
    """The administration, one of its customs offices, a partner agency, an association or a company."""

    class Kind(models.TextChoices):
        ADMINISTRATION = "administration", _("Customs administration")
        OFFICE = "office", _("Customs office")
        AGENCY = "agency", _("Partner agency")
        ASSOCIATION = "association", _("Trade association")
        COMPANY = "company", _("Company")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField(help_text="language → name")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    publishes_for = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="published_by")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    sectors = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list, blank=True)

    objects: ClassVar[Any] = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return in_language(self.names)


class Seat(models.Model):
    """A role of one person at one organisation, from one moment to another."""

    user = models.ForeignKey(User, models.CASCADE)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="seats")
    role = models.CharField(max_length=30, choices=Role)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], condition=Q(ended_at=None), name="seat_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.organisation}"


class Invitation(models.Model):
    """The only way to an account: a signed link to one address for one seat, good for seven days and once."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30, choices=Role)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.email} as {self.get_role_display()}"

    def open_at(self, now: datetime) -> bool:
        return self.accepted_at is None and now < self.expires_at
