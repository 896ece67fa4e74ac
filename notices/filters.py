"""The one door to published notices: list, place page, feeds, CSV and API ask through it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from base.words import Mode, Severity
from contacts.models import Place

from .kinds import KIND_CHOICES
from .models import Notice

LOCODE = RegexValidator(r"^[A-Za-z]{2}[A-Za-z0-9]{3}$", _("A code has five signs, like ESALG."))


class NoticeFilter(django_filters.FilterSet):
    """`NoticeFilter(request.GET, Notice.objects.in_force(now))`: the same question gives the same set everywhere.

    A value that it does not know is an error, and then the set is empty.
    """

    q = django_filters.CharFilter(label=_("Place or number"), max_length=200)
    place = django_filters.CharFilter(label="UN/LOCODE", validators=[LOCODE])
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=KIND_CHOICES)
    mode = django_filters.ChoiceFilter(label=_("Mode"), choices=Mode.choices)
    severity = django_filters.ChoiceFilter(label=_("Severity"), choices=Severity.choices)

    class Meta:
        model = Notice
        fields: list[str] = []

    def filter_queryset(self, notices: Any) -> Any:
        if self.form.errors:
            return notices.none()
        asked = self.form.cleaned_data
        facts = {
            "severity": asked["severity"],
            "rows__place__locode": asked["place"].upper(),
            "rows__modes__contains": [asked["mode"]] if asked["mode"] else None,
        }
        found = notices.saying(**{name: value for name, value in facts.items() if value})
        if asked["kind"]:
            found = found.filter(kind=asked["kind"])
        if asked["q"]:
            places = Place.objects.nearest(asked["q"])[:200]
            found = found.about(asked["q"], [place.pk for place in places])
        return found
