"""The rows of the editor: a form each, and how it becomes an impact row and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField
from base.words import Direction, Mode, PlaceStatus, Traffic
from contacts.models import Organisation, Place
from contacts.place_fields import PlaceField
from contacts.zones import zones_of

from .drafting import impact
from .models import Version
from .moment_fields import MomentsForm, initial_moments
from .truth.words import ENGLISH

LIMITS = [("", "–"), *ENGLISH.limits.items()]
WHERE = ("place", "place_name", "system")
DAYS = [("daily", _("Every day")), ("mon-fri", _("Monday to Friday")), ("mon-sat", _("Monday to Saturday"))]


class ImpactForm(MomentsForm):
    """One impact row: a place and what it is to whom, with its own times where they differ."""

    moment_names = (("own_start", _("This row starts"), False), ("own_end", _("This row ends"), False))

    place = PlaceField(label=_("Place"), required=False)
    zone = LineField(label=_("Its time zone"), required=False, widget=forms.Select)
    zone_asked = LineField(required=False, widget=forms.HiddenInput)  # the code of the place it was asked for
    place_name = LineField(label=_("Or a place without a code, by its name"), required=False, max_length=120)
    system = LineField(
        label=_("Or a system, by its name"),
        required=False,
        max_length=120,
        help_text=_("Closed means not available. The places of your office are told."),
    )
    agency = forms.ModelChoiceField(
        label=_("Whose word it is, if not customs’ own"), queryset=Organisation.objects.none(), required=False
    )
    status = forms.ChoiceField(label=_("Status"), choices=PlaceStatus.choices, required=False)
    traffic = forms.MultipleChoiceField(
        label=_("For whom"), choices=Traffic.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    modes = forms.MultipleChoiceField(
        label=_("Modes"),
        choices=Mode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means every mode of the place."),
    )
    directions = forms.MultipleChoiceField(
        label=_("Directions"),
        choices=Direction.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means all three."),
    )

    limit = forms.ChoiceField(label=_("Limit"), choices=LIMITS, required=False)
    wait_h = forms.IntegerField(label=_("Wait in hours"), required=False, min_value=1, max_value=999)
    hours = forms.RegexField(
        r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        label=_("Hours"),
        required=False,
        help_text=_("Only at certain hours: 06:00-18:00"),
        error_messages={"invalid": _("Write from and until like 06:00-18:00.")},
    )
    days = forms.ChoiceField(label=_("Days"), choices=DAYS, required=False)

    MORE = (
        "modes", "directions", "limit", "wait_h", "hours", "place_name", "system", "agency",
        "own_start_date", "own_end_date",
    )  # fmt: skip

    def __init__(self, *args: Any, now: datetime, usual: str = "", **kwargs: Any) -> None:
        """`usual`: the status with which a new row of this kind of notice starts."""
        super().__init__(*args, **kwargs)
        self.now = now
        self.zone_of: Place | None = None  # the place whose zone somebody must settle
        self.fields["status"].initial = usual
        agency: Any = self.fields["agency"]
        agency.queryset = Organisation.objects.filter(kind=Organisation.Kind.AGENCY)
        self.fields["place"].widget.attrs |= {"list": "places", "autocomplete": "off", "placeholder": "ESALG"}

    @property
    def somewhere(self) -> bool:
        """Whether the row says where; one that does not is empty and left out."""
        return any(self.cleaned_data.get(name) for name in WHERE)

    @property
    def is_detailed(self) -> bool:
        """Whether something beyond place, status and traffic was typed or is wrong."""
        wrong = set(self.errors) - {"place", "zone", "status", "traffic"}
        return bool(wrong) or any(self[name].value() for name in self.MORE)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        named = [name for name in WHERE if facts.get(name)]
        somewhere = bool(named)
        if facts.get("system"):
            facts["traffic"] = list(Traffic.values)  # whoever clears anything here may need it
        if somewhere and not facts.get("traffic"):
            self.add_error("traffic", _("Tick whom this is for. Cargo is always said, also if it passes."))
        if somewhere and not facts.get("status"):
            self.add_error("status", _("Choose what it is: closed, open or something between."))
        if facts.get("hours") and len(set(facts["hours"].split("-"))) == 1:
            self.add_error("hours", _("From and until are the same. Give two times, such as 06:00-18:00."))
        if not somewhere and facts.get("traffic") and "place" not in self.errors:
            self.add_error("place", _("Which place is it? Type its code or name."))
        self._settle_zone(facts)
        if len(named) > 1:
            self.add_error(named[-1], _("One row speaks of one thing: a place, a place by name, or a system."))
        return facts

    def _settle_zone(self, facts: dict[str, Any]) -> None:
        """A zone that is assumed or missing is asked about before its place enters a notice; then it is the row's."""
        place: Place | None = facts.get("place")
        if place is None or place.zone_is_sure:
            return
        self.zone_of, zones = place, zones_of(place.country)
        known = [place.time_zone] if place.time_zone in zones else []
        choices = [(zone, self._zone_words(zone)) for zone in dict.fromkeys([*known, *zones])]
        select: Any = self.fields["zone"].widget
        select.choices = choices if known else [("", _("Choose")), *choices]
        if facts.get("zone") in zones and facts.get("zone_asked") == place.locode:
            place.time_zone = facts["zone"]
        elif known:
            self.add_error("zone", _("It was taken from the nearest city. Look whether it is right, and save again."))
        else:
            self.add_error("zone", _("The code list does not say it. Choose it: times are told in it."))

    def _zone_words(self, zone: str) -> str:
        there = self.now.astimezone(ZoneInfo(zone))
        return _("%(zone)s, where it is %(time)s now") % {"zone": zone.replace("_", " "), "time": f"{there:%H:%M}"}

    @property
    def zone_settled(self) -> bool:
        return self.zone_of is not None and bool(self.cleaned_data.get("zone")) and "zone" not in self.errors


ROWS = 80  # forty crossings, cargo and travellers apart
ImpactFormSet = forms.formset_factory(ImpactForm, extra=0, max_num=ROWS, absolute_max=ROWS)


def row_of(form: ImpactForm, home_zone: str, starts_at: datetime | None) -> dict[str, Any]:
    facts = form.cleaned_data
    place: Place | None = facts.get("place")
    zone = (place.time_zone if place else "") or home_zone
    start, end = form.moment("own_start", zone) or starts_at, form.moment("own_end", zone)
    if start and end and end <= start:
        form.add_error("own_end_date", _("The end must be after the start. Past midnight? Give the next day."))
    return impact(facts, place=place, zone=zone, starts_at=start, ends_at=end)


def initial_rows(version: Version) -> list[dict[str, Any]]:
    return [
        {
            "place": f"{row.place.locode} {row.place.name}" if row.place else "",
            "place_name": row.place_name,
            "system": row.system,
            "agency": row.agency_id,
            "status": row.status,
            "traffic": row.traffic,
            "modes": row.modes if sorted(row.modes) != sorted(row.place.modes if row.place else Mode.values) else [],
            "directions": row.directions if len(row.directions) < len(Direction) else [],
            "limit": row.qualifier.get("limit", ""),
            "wait_h": (row.qualifier.get("value") or {}).get("wait_h"),
            "hours": row.qualifier.get("hours", ""),
            "days": row.qualifier.get("days", "daily"),
            **initial_moments(
                {"own_start": row.starts_at if row.starts_at != version.starts_at else None, "own_end": row.ends_at},
                row.time_zone,
            ),
        }
        for row in version.rows.select_related("place").order_by("position")
    ]
