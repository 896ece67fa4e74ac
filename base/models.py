"""Rows that every room may write: audit, idempotency, buckets, heartbeats and alarms."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class AuditEntry(models.Model):
    """One thing that somebody did. Never changed, never deleted (trigger); a sweep chains committed rows by hash."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=64, help_text="public id of the person, or the name of the system part")
    actor_seat = models.CharField(max_length=120, blank=True)
    actor_kind = models.CharField(max_length=20)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["target", "id"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"


class AuditLink(models.Model):
    """The hash chain beside the entries, so that writers never wait for each other."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="link")
    number = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class IdempotencyKey(models.Model):
    """The first answer to a request that may come twice."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    result = models.CharField(max_length=200, blank=True)
    answer = models.JSONField(null=True, blank=True, help_text="what `base.once` gives again")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.scope}:{self.key}"


class TokenBucket(models.Model):
    """A rate limit that holds when Redis is down."""

    key = models.CharField(max_length=160, primary_key=True)
    tokens = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tokens__gte=0), name="bucket_not_negative")]

    def __str__(self) -> str:
        return self.key


class ShortMemory(models.Model):
    """What `base.memory` keeps for some seconds or minutes."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a part of the site was last seen at work."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"


class Alarm(models.Model):
    """Something for which a person must act, from the moment it was seen until it was calm again."""

    name = models.CharField(max_length=40)
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="last time that it was so")
    ended_at = models.DateTimeField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(ended_at=None), name="alarm_raised_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.raised_at:%Y-%m-%d %H:%M}"
