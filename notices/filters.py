"""The one door to published notices: list, place page, feeds, CSV and API ask through it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from base.words import Mode, Severity
from contacts.models import Place

from .kinds import KIND_CHOICES
from .models import Notice


class NoticeFilter(django_filters.FilterSet):
    """`NoticeFilter(request.GET, Notice.objects.in_force(now))`: the same question gives the same set everywhere."""

    q = django_filters.CharFilter(method="by_words", label=_("Place or number"))
    place = django_filters.CharFilter(method="by_place", label="UN/LOCODE")
    kind = django_filters.ChoiceFilter(choices=KIND_CHOICES)
    mode = django_filters.ChoiceFilter(choices=Mode.choices, method="by_mode")
    severity = django_filters.ChoiceFilter(choices=Severity.choices, method="by_severity")

    class Meta:
        model = Notice
        fields: list[str] = []

    def by_words(self, notices: Any, name: str, value: str) -> Any:
        words = value.replace("\x00", "").strip()
        if not words:
            return notices
        places = list(Place.objects.search(words).values_list("pk", flat=True)[:200])
        return notices.about(words, places)

    def by_place(self, notices: Any, name: str, value: str) -> Any:
        return notices.at(value.replace("\x00", "")[:5])

    def by_mode(self, notices: Any, name: str, value: str) -> Any:
        return notices.filter(versions__state="issued", versions__rows__modes__contains=[value]).distinct()

    def by_severity(self, notices: Any, name: str, value: str) -> Any:
        return notices.filter(versions__state="issued", versions__severity=value).distinct()
