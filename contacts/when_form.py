"""The part of following that asks when to write: at once or together, at which hour of whose clock, when never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel import Locale
from babel.dates import get_day_names
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import zones
from .models import Place
from .rhythm import MORNING, Choice, Rhythm

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
QUIET = [("", _("No quiet hours")), *HOURS]


class WhenForm(forms.Form):
    """Everything has a default: who chooses nothing hears at once."""

    rhythm = forms.ChoiceField(
        choices=Rhythm.choices,
        required=False,
        initial=Rhythm.AT_ONCE,
        label=_("When we write to you"),
        help_text=_(
            "What is severe or extreme, withdrawn, or starts earlier than announced always comes at once, "
            "also in quiet hours. When there is nothing new, nothing comes."
        ),
        widget=forms.RadioSelect,
    )
    hour = forms.ChoiceField(
        choices=HOURS, required=False, initial=MORNING, label=_("At this hour, every day or week")
    )
    weekday = forms.ChoiceField(required=False, initial=0, label=_("On this day, every week"))
    quiet_from = forms.ChoiceField(
        choices=QUIET, required=False, label=_("Quiet from"), help_text=_("From then on only what is urgent comes.")
    )
    quiet_to = forms.ChoiceField(
        choices=QUIET, required=False, label=_("Quiet until"), help_text=_("Then comes what you missed, together.")
    )
    time_zone = forms.ChoiceField(
        required=False,
        label=_("Time zone"),
        help_text=_("Nothing chosen: that of the first place you follow."),
    )
    later: tuple[str, ...] = ("hour", "weekday", "quiet_from", "quiet_to", "time_zone")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        language = (get_language() or "en")[:2]
        days = get_day_names(locale=Locale.parse(language))
        self.fields["weekday"].choices = [(day, days[day].capitalize()) for day in range(7)]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", _("That of the first place")), *zones.named(language)]  # type: ignore[attr-defined]

    def first(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.later]

    def folded(self) -> list[forms.BoundField]:
        """What only some need; open where they chose it, or have to look at it."""
        return [self[name] for name in self.later]

    @property
    def is_open(self) -> bool:
        told = (self[name].value() for name in ("rhythm", "quiet_from"))
        return any(name in self.errors for name in self.later) or any(
            str(value) not in ("", "None", Rhythm.AT_ONCE) for value in told
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_to")
        if bool(begins) != bool(ends):
            missing = "quiet_to" if begins else "quiet_from"
            if missing not in self.errors:
                self.add_error(missing, _("Choose from when until when it is quiet, or neither."))
        elif begins and begins == ends:
            self.add_error("quiet_to", _("Choose another hour: it would be quiet all day, or never."))
        return cleaned

    def choice(self, places: Sequence[Place], countries: Sequence[str]) -> Choice:
        told = self.cleaned_data
        return Choice(
            rhythm=told["rhythm"] or Rhythm.AT_ONCE,
            hour=int(told["hour"] or MORNING),
            weekday=int(told["weekday"] or 0),
            time_zone=told["time_zone"] or _zone_of(places, countries),
            quiet_from=int(told["quiet_from"]) if told["quiet_from"] else None,
            quiet_to=int(told["quiet_to"]) if told["quiet_to"] else None,
        )


def _zone_of(places: Sequence[Place], countries: Sequence[str]) -> str:
    """Of the first place, else of the first country's largest city, else the site's."""
    at_places = (place.time_zone for place in places if place.time_zone)
    in_countries = (zones.zones_of(country)[0] for country in countries)
    return next(at_places, "") or next(in_countries, "") or str(settings.FAIRWAY_TIME_ZONE)
