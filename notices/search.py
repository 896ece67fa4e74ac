"""Words → notices, by what PostgreSQL keeps of the newest version of each (ADR 11).

Each language has its own grammar; accents, capitals and punctuation count nowhere. Words are found anywhere; the
beginning of a number, a title or a name of a place is enough. Only where nothing at all is found so, a word that is
nearly one of these counts too.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import RawSQL

from .models import SearchEntry
from .querysets import NEWEST_FIRST, NoticeQuerySet

GRAMMARS = {"en": "english", "fr": "french", "es": "spanish"}
OTHERS = "simple"
WORDS = 8  # of a question that may be misspelt
GUESSED = 4  # letters from which on a word may be


def plain(text: str) -> str:
    """As the database keeps it: without accents, capitals, punctuation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices_plain(%s)", [text])
        (said,) = cursor.fetchone()
    return str(said)


def _asked(said: str, grammar: str) -> SearchQuery:
    return SearchQuery(said, config=grammar, search_type="plain")


def _says(said: str) -> Q:
    """Every word, each entry by the grammar of its language."""
    by_language = (Q(language=code, words=_asked(said, grammar)) for code, grammar in GRAMMARS.items())
    return reduce(or_, by_language) | ~Q(language__in=GRAMMARS) & Q(words=_asked(said, OTHERS))


def _nearly(words: list[str]) -> Q:
    """Each word, or one that shares about half of its groups of three letters; short ones are left out of it."""
    return reduce(and_, (_nearly_one(word) for word in words[:WORDS] if len(word) >= GUESSED), Q())


def _nearly_one(word: str) -> Q:
    said = _says(word) | Q(names__contains=f" {word}")
    return said | Q(pk__in=RawSQL("SELECT notices_nearly(%s)", [word])) if _may_slip(word) else said


def _may_slip(word: str) -> bool:
    """Another number is another notice."""
    return len(word) >= GUESSED and not any(sign.isdigit() for sign in word)


def entries(text: str) -> QuerySet[SearchEntry]:
    """The entries that `text` finds."""
    said = plain(text)
    if not said:
        return SearchEntry.objects.none()
    exact = SearchEntry.objects.filter(_says(said) | Q(names__contains=f" {said}"))
    words = said.split()
    if not any(map(_may_slip, words)) or exact.exists():
        return exact
    return SearchEntry.objects.filter(_nearly(words))


def likeliest_first(notices: NoticeQuerySet, text: str) -> NoticeQuerySet:
    """By where the words stand and how often: title, names, truth line, the rest; then the newest."""
    said = plain(text)

    def rank_by(grammar: str) -> SearchRank:
        return SearchRank(F("words"), _asked(said, grammar))

    whens = [When(language=code, then=rank_by(grammar)) for code, grammar in GRAMMARS.items()]
    rank: Any = Case(*whens, default=rank_by(OTHERS))
    best = SearchEntry.objects.filter(notice=OuterRef("pk")).annotate(rank=rank).order_by("-rank").values("rank")[:1]
    return notices.with_newest().annotate(rank=Subquery(best)).order_by("-rank", *NEWEST_FIRST)


def found(text: str) -> Q:
    return Q(pk__in=entries(text).values("notice"))
