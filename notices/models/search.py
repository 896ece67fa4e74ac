"""What search looks in. The database writes it when a version goes out; nothing else does (ADR 11)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from .versions import Notice


class SearchEntry(models.Model):
    """The newest version of a notice in one language; exercises have none."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="search_entries")
    language = models.CharField(max_length=5)
    names = models.TextField(help_text="number, title and every name of its places, plain, between blanks")
    words = SearchVectorField(help_text="A title, B names, C truth line, D the rest, by the grammar of the language")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "language"], name="search_entry_once")]
        indexes = [
            GinIndex(fields=["words"], name="search_words"),
            GinIndex(fields=["names"], name="search_names", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.language}"
