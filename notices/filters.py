"""The one door to published notices: list, archive, place page, feeds, CSV and API ask through it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from base.words import Language, Mode, Severity

from . import search
from .cards import STATES, state_words
from .kinds import KIND_CHOICES
from .models import Notice

ANY = _("Any")
CODE = r"\s*[A-Za-z]{2}[A-Za-z0-9]{3}\s*"
CODES = RegexValidator(rf"^{CODE}(,{CODE})*\Z", _("A code has five signs, like ESALG; part several by commas."))


class _Day(django_filters.DateFilter):
    """As ISO 8601 writes it, in every language; a day of UTC."""

    def __init__(self, **options: Any) -> None:
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d"], widget=picker, **options)


def _states() -> list[tuple[str, str]]:
    return [(state, state_words(state)) for state in STATES]


class _Once(forms.Form):
    """Of two places the last alone would be answered, and nobody would notice."""

    def clean(self) -> dict[str, Any]:
        for name in self.fields:
            if isinstance(self.data, QueryDict) and len(set(self.data.getlist(name))) > 1:
                self.add_error(name, _("Ask once; part several place codes by commas."))
        return self.cleaned_data


class NoticeFilter(django_filters.FilterSet):
    """`NoticeFilter(request.GET, Notice.objects.in_force(now), now=now)`.

    The same question gives the same set everywhere; a value that it does not know is an error, and then none.
    """

    q = django_filters.CharFilter(label=_("Words, place or number"), max_length=200)
    place = django_filters.CharFilter(label=_("Place code"), validators=[CODES], max_length=400)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=KIND_CHOICES, empty_label=ANY)
    mode = django_filters.ChoiceFilter(label=_("Mode"), choices=Mode.choices, empty_label=ANY)
    severity = django_filters.ChoiceFilter(label=_("Severity"), choices=Severity.choices, empty_label=ANY)
    state = django_filters.ChoiceFilter(label=_("State"), choices=_states, empty_label=ANY)
    since = _Day(label=_("From day"))
    until = _Day(label=_("To day"))
    language = django_filters.ChoiceFilter(label=_("Written in"), choices=Language.choices, empty_label=ANY)

    class Meta:
        model = Notice
        form = _Once
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any], queryset: Any, *, now: datetime) -> None:
        super().__init__(data, queryset)
        self.now = now

    def filter_queryset(self, notices: Any) -> Any:
        if self.form.errors:
            return notices.none()
        asked = self.form.cleaned_data
        facts = {
            "severity": asked["severity"],
            "rows__place__locode__in": self.codes,
            "rows__modes__contains": [asked["mode"]] if asked["mode"] else None,
        }
        said = {name: value for name, value in facts.items() if value}
        found = notices.saying(**said) if said else notices
        if asked["kind"]:
            found = found.filter(kind=asked["kind"])
        if asked["state"]:
            found = found.in_state(asked["state"], self.now)
        if asked["language"]:
            found = found.saying(texts__language=asked["language"])
        if asked["since"]:
            found = found.held_after(_midnight(asked["since"]))
        if asked["until"] and asked["until"] < date.max:  # nothing is after the last day there is
            found = found.held_before(_midnight(asked["until"]) + timedelta(days=1))
        return found.filter(search.found(asked["q"])) if asked["q"] else found

    @property
    def codes(self) -> list[str]:
        """The places asked about; a notice is meant if it says something of any."""
        return sorted({code.strip().upper() for code in self.form.cleaned_data["place"].split(",")} - {""})

    @property
    def question(self) -> dict[str, str]:
        """What was asked for, without what was left open; the same for the same question, however it was typed."""
        asked = {name: str(value or "") for name, value in self.form.cleaned_data.items()}
        asked["place"] = ",".join(self.codes)
        return {name: asked[name] for name in sorted(asked) if asked[name]}

    @property
    def in_words(self) -> str:
        """The question for people: "ESALG, Sea"."""
        return ", ".join(self.words().values())

    def words(self) -> dict[str, str]:
        """The same, each part by its name."""
        asked = self.question
        choices = {name: dict(getattr(self.form.fields[name], "choices", ())) for name in asked}
        said = {name: str(choices[name].get(value, value)) for name, value in asked.items()}
        return said | ({"place": ", ".join(self.codes)} if "place" in said else {})


def asks_history(data: Mapping[str, Any]) -> bool:
    return str(data.get("history", "")).lower() in ("true", "1")


def asked_among(data: Mapping[str, Any], *, now: datetime, over_for: timedelta) -> Any:
    """What a question is asked of: what is in force or was over for so long; with `history=true` everything."""
    if asks_history(data):
        return Notice.objects.published(now)
    return Notice.objects.in_force_or_over(now, since=now - over_for)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
