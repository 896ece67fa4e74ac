"""Date and time as an officer types them, in the zone of a place; what comes twice or never is asked about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from base import clock
from base.errors import Refused
from base.fields import LineField

WHICH = [("", _("Choose")), ("0", _("The first one, before the clocks go back")), ("1", _("The second one, after"))]


class MomentsForm(forms.Form):
    """A form with moments: three fields each, `NAME_date`, `NAME_time` and `NAME_which`."""

    moment_names: tuple[tuple[str, Any, bool], ...] = ()
    moment_hints: dict[str, Any] = {}
    whole_days: dict[str, int] = {}
    """Moments whose time may stay empty → after how many midnights: 0 begins with the day, 1 ends with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resolved: dict[str, datetime | None] = {}
        for name, label, needed in self.moment_names:
            self._add_moment(name, label, needed)

    def _add_moment(self, name: str, label: Any, needed: bool) -> None:
        self.fields[f"{name}_date"] = LineField(
            label=_("%(what)s: date") % {"what": label},
            required=needed,
            widget=forms.DateInput(attrs={"type": "date"}),
            error_messages={"required": _("Give the date.")},
        )
        self.fields[f"{name}_time"] = LineField(
            label=_("%(what)s: time") % {"what": label},
            required=needed and name not in self.whole_days,
            widget=forms.TextInput(attrs={"maxlength": 12, "autocomplete": "off"}),
            error_messages={"required": _("Give the time.")},
        )
        self.fields[f"{name}_which"] = forms.ChoiceField(
            label=_("%(what)s: this time comes twice. Which one?") % {"what": label},
            choices=WHICH,
            required=False,
        )

    def moments(self) -> list[dict[str, Any]]:
        """For the template: date, time, which of the two when it was asked, and the moment as it was understood."""
        kept: dict[str, datetime] = {} if self.is_bound else self.initial.get("kept", {})
        return [
            {
                "label": label,
                "needed": needed,
                "hint": self.moment_hints.get(name, ""),
                "parts": [self[f"{name}_date"], self[f"{name}_time"]],
                "faulty": any(f"{name}_{part}" in self.errors for part in ("date", "time")),
                "which": self[f"{name}_which"] if self._asked(name) else None,
                "understood": self.resolved.get(name) or kept.get(name),
            }
            for name, label, needed in self.moment_names
        ]

    def _asked(self, name: str) -> bool:
        return bool(self.errors.get(f"{name}_which")) or bool(self[f"{name}_which"].value())

    def moment(self, name: str, zone: str) -> datetime | None:
        """The moment in UTC, or None after adding an error to the field that is wrong."""
        day, hour = self.cleaned_data.get(f"{name}_date"), self.cleaned_data.get(f"{name}_time")
        midnights = 0
        if day and not hour and name in self.whole_days and f"{name}_time" not in self.errors:
            hour, midnights = "00:00", self.whole_days[name]
        if not day and not hour:
            return None
        if not day or not hour:
            missing = "date" if not day else "time"
            if not self.errors.get(f"{name}_{missing}"):
                self.add_error(f"{name}_{missing}", _("Give both a date and a time."))
            return None
        choice = self.cleaned_data.get(f"{name}_which")
        part = "date"
        try:
            date = clock.parse_date(day) + timedelta(days=midnights)
            part = "time"
            wall = datetime.combine(date, clock.parse_time(hour))
            part = "which"
            self.resolved[name] = clock.resolve(wall, zone, choice=int(choice) if choice else None)
            return self.resolved[name]
        except clock.MissingTime as missing_time:
            self.add_error(f"{name}_time", str(missing_time))
        except Refused as refused:
            self.add_error(f"{name}_{part}", str(refused))
        return None


def initial_moments(moments: dict[str, datetime | None], zone: str) -> dict[str, Any]:
    """The form as these moments (UTC) stand, and under "kept" the moments themselves."""
    place, initial = ZoneInfo(zone or "UTC"), dict[str, Any]()
    there = {name: moment for name, moment in moments.items() if moment is not None}
    for name, moment in there.items():
        local = moment.astimezone(place)
        initial |= {f"{name}_date": local.strftime("%Y-%m-%d"), f"{name}_time": local.strftime("%H:%M")}
        if len(clock.instants(local.replace(tzinfo=None), place.key)) == 2:
            initial[f"{name}_which"] = str(local.fold)
    return {**initial, "kept": there}
