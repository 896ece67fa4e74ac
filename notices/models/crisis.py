"""A crisis: one page in few words, the places it is about, and what was changed on it, when, without names."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.words import CrisisLevel
from contacts.models import Place

from .versions import Notice


class CrisisQuerySet(models.QuerySet["Crisis"]):
    def open(self) -> CrisisQuerySet:
        """The gravest first, then the newest: `crisis` comes before `watch` in the alphabet too."""
        return self.filter(closed_at=None).order_by("level", "-opened_at")

    def over(self) -> CrisisQuerySet:
        return self.exclude(closed_at=None).order_by("-closed_at")


class Crisis(models.Model):
    """Open while its level is watch or crisis. Closed it is an archive, which stays at its address."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="one form opens one page")
    reference = models.CharField(max_length=20, unique=True)
    level = models.CharField(max_length=10, choices=CrisisLevel)
    texts = models.JSONField(help_text="language → title, situation")
    contacts = models.JSONField(default=list, help_text="pairs of whom and how, in order")
    places = models.ManyToManyField(Place, related_name="+")
    notices = models.ManyToManyField(Notice, related_name="+", help_text="none: all of these places")
    archive = models.JSONField(
        default=dict, help_text="as it closed: places (pairs of code and status), notices (references)"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(help_text="of anything that the page shows of its own")
    edits = models.PositiveIntegerField(default=1, help_text="whoever saves must have seen the last one")

    objects = CrisisQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=CrisisLevel.NORMAL, closed_at__isnull=False)
                | Q(level__in=(CrisisLevel.WATCH, CrisisLevel.CRISIS), closed_at=None),
                name="crisis_is_closed_at_normal",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__gte=models.F("opened_at")), name="crisis_closes_after_opening"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def language(self) -> str:
        """The language that the page is shown in: the reader's, else the official one."""
        wanted = (get_language() or "en")[:2]
        return wanted if self.texts.get(wanted, {}).get("title") else str(settings.FAIRWAY_OFFICIAL_LANGUAGE)

    @property
    def title(self) -> str:
        return str(self.texts[self.language]["title"])

    @property
    def situation(self) -> str:
        return str(self.texts[self.language]["situation"])

    @property
    def zone(self) -> str:
        """That of its first place, in which its own moments are told."""
        return next((place.time_zone for place in self.places.all() if place.time_zone), settings.FAIRWAY_TIME_ZONE)

    @property
    def mark(self) -> tuple[str, str, datetime]:
        """Other whenever the page, or the banner that leads to it, says something else."""
        return self.reference, self.level, self.changed_at


class PartnerPage(models.Model):
    """A page of somebody else that headquarters has looked at."""

    crisis = models.ForeignKey(Crisis, models.CASCADE, related_name="partners")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=500)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["crisis", "url"], name="partner_page_once")]

    def __str__(self) -> str:
        return self.name


class CrisisChange(models.Model):
    """One row of the public log of changes."""

    class What(models.TextChoices):
        OPENED = "opened", _("Page opened")
        CRISIS = "crisis", _("Level set to crisis")
        WATCH = "watch", _("Level set to watch")
        CLOSED = "closed", _("Page closed: level normal")
        TITLE = "title", _("Title rewritten")
        SITUATION = "situation", _("Situation rewritten")
        PLACES_ADDED = "places_added", _("Places added")
        PLACES_REMOVED = "places_removed", _("Places removed")
        NOTICES = "notices", _("Choice of notices changed")
        CONTACTS = "contacts", _("Contacts changed")
        PARTNERS = "partners", _("Partner pages changed")
        CHECKED = "checked", _("Partner page checked")

    crisis = models.ForeignKey(Crisis, models.CASCADE, related_name="changes")
    what = models.CharField(max_length=20, choices=What)
    about = models.JSONField(default=list, help_text="codes of places, or names, that the change is about")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.crisis_id} {self.what}"
