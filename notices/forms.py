"""The editor's form: what an officer types, checked for its shape. Rules about content live in `rules.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from base import clock
from base.errors import Refused
from base.text import one_line, prose
from base.words import Direction, Language, Mode, PlaceStatus, Severity, Traffic
from contacts.models import Organisation, Place

from .drafting import Draft
from .kinds import KIND_CHOICES
from .models import Version
from .truth.words import ENGLISH

LINE, BLOCK = 160, 4_000
MOMENTS = ("starts", "ends", "reopens_earliest", "reopens_latest", "next_update")
FIELD_OF = {"starts": "starts_at", "ends": "ends_at", "next_update": "next_update_at"}
WHICH = [("", _("Choose")), ("0", _("The first one, before the clocks go back")), ("1", _("The second one, after"))]


LIMITS = [("", "–"), *ENGLISH.limits.items()]
DAYS = [("daily", _("Every day")), ("mon-fri", _("Monday to Friday")), ("mon-sat", _("Monday to Saturday"))]


class LineField(forms.CharField):
    """One line, control characters gone."""

    def to_python(self, value: Any) -> str:
        return one_line(str(value or ""))


class BlockField(forms.CharField):
    """Several lines, control characters gone."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        return prose(str(value or ""))


class KindForm(forms.Form):
    kind = forms.ChoiceField(label=_("What kind of notice?"), choices=KIND_CHOICES, widget=forms.RadioSelect)
    office = forms.ModelChoiceField(label=_("For which office?"), queryset=Organisation.objects.none())

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices
        if offices.count() == 1:
            self.fields["office"].initial = offices.first()


class PlaceField(forms.Field):
    """A place by UN/LOCODE or name, as typed or picked from the list "ESALG Algeciras"."""

    def to_python(self, value: Any) -> Any:
        words = one_line(str(value or ""))[:LINE]
        if not words:
            return None
        code = Place.objects.filter(locode__iexact=words.split()[0]).first()
        if code is not None:
            return code
        found = list(Place.objects.search(words)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(_("Several places fit. Type the code, such as ESALG."))
        raise forms.ValidationError(_("No place fits. Type a code such as ESALG, or a name."))


class ImpactForm(forms.Form):
    """One impact row: a place and what it is to whom."""

    place = PlaceField(label=_("Place"), required=False, help_text=_("Code or name: ESALG, Algeciras"))
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
    )
    days = forms.ChoiceField(label=_("Days"), choices=DAYS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].widget.attrs |= {"list": "places", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("place") and not facts.get("traffic"):
            self.add_error("traffic", _("Tick whom this is for. Cargo is always said, also if it passes."))
        if not facts.get("place") and facts.get("traffic") and "place" not in self.errors:
            self.add_error("place", _("Which place is it? Type its code or name."))
        return facts


ImpactFormSet = forms.formset_factory(ImpactForm, extra=0, max_num=60, absolute_max=60)


class NoticeForm(forms.Form):
    """Texts, times and facts. Times are in the zone of the first place; one that comes twice is asked about."""

    edit_number = forms.IntegerField(widget=forms.HiddenInput)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)
    cause = LineField(label=_("Cause"), required=False, max_length=LINE)
    contact = LineField(label=_("Contact for questions"), required=False, max_length=LINE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, needed in (
            ("starts", _("Starts"), True),
            ("ends", _("Ends for certain"), False),
            ("reopens_earliest", _("Expected to reopen, earliest"), False),
            ("reopens_latest", _("Expected to reopen, latest"), False),
            ("next_update", _("Next update by"), False),
        ):
            self._add_moment(name, label, needed)
        for language in Language:
            official = language == Language.ENGLISH
            self.fields[f"title_{language}"] = LineField(label=_("Title"), required=official, max_length=LINE)
            self.fields[f"body_{language}"] = BlockField(label=_("What happened"), required=False, max_length=BLOCK)
            self.fields[f"instruction_{language}"] = BlockField(
                label=_("What to do"), required=False, max_length=BLOCK
            )

    def _add_moment(self, name: str, label: Any, needed: bool) -> None:
        self.fields[f"{name}_date"] = LineField(
            label=_("%(what)s: date") % {"what": label},
            required=needed,
            widget=forms.DateInput(attrs={"type": "date"}),
        )
        self.fields[f"{name}_time"] = LineField(
            label=_("%(what)s: time") % {"what": label},
            required=needed,
            help_text=_("For example 19:30, 7:30 pm or 1930, in the time of the place"),
        )
        self.fields[f"{name}_which"] = forms.ChoiceField(
            label=_("%(what)s: this time comes twice. Which one?") % {"what": label},
            choices=WHICH,
            required=False,
        )

    def moments(self) -> list[dict[str, Any]]:
        """For the template: date, time and, when it was asked, which of the two."""
        return [
            {
                "date": self[f"{name}_date"],
                "time": self[f"{name}_time"],
                "which": self[f"{name}_which"] if self._asked(name) else None,
            }
            for name in MOMENTS
        ]

    def _asked(self, name: str) -> bool:
        return bool(self.errors.get(f"{name}_which")) or bool(self.data.get(f"{name}_which"))

    def texts(self) -> list[dict[str, Any]]:
        return [
            {
                "language": language,
                "official": language == Language.ENGLISH,
                "fields": [self[f"{part}_{language}"] for part in ("title", "body", "instruction")],
            }
            for language in Language
        ]

    def resolve(self, zone: str) -> dict[str, datetime | None]:
        """The moments in UTC; adds an error to the field of a time that is none, comes twice, or never."""
        found: dict[str, datetime | None] = {}
        for name in MOMENTS:
            found[FIELD_OF.get(name, name)] = self._moment(name, zone)
        starts, ends = found["starts_at"], found["ends_at"]
        if starts and ends and ends <= starts:
            self.add_error("ends_date", _("The end must be after the start. Past midnight? Give the next day."))
        earliest, latest = found["reopens_earliest"], found["reopens_latest"]
        if earliest and latest and latest < earliest:
            self.add_error("reopens_latest_date", _("The latest time must not be before the earliest."))
        if latest and not earliest:
            self.add_error("reopens_earliest_date", _("Give the earliest time of reopening as well."))
        return found

    def _moment(self, name: str, zone: str) -> datetime | None:
        day, hour = self.cleaned_data.get(f"{name}_date"), self.cleaned_data.get(f"{name}_time")
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
            date = clock.parse_date(day)
            part = "time"
            wall = datetime.combine(date, clock.parse_time(hour))
            part = "which"
            return clock.resolve(wall, zone, choice=int(choice) if choice else None)
        except clock.MissingTime as missing_time:
            self.add_error(f"{name}_time", str(missing_time))
        except Refused as refused:
            self.add_error(f"{name}_{part}", str(refused))
        return None


def draft_of(form: NoticeForm, rows: Any) -> Draft | None:
    """The draft from two valid forms, or None after adding errors to `form`."""
    filled = [row.cleaned_data for row in rows if row.cleaned_data.get("place")]
    zone = filled[0]["place"].time_zone if filled else "UTC"
    moments = form.resolve(zone or "UTC")
    if form.errors:
        return None
    facts = form.cleaned_data
    starts_at = moments["starts_at"]
    texts = {
        str(language): {part: facts[f"{part}_{language}"] for part in ("title", "body", "instruction")}
        for language in Language
    }
    return Draft(
        fields={
            **moments,
            "time_zone": zone,
            "severity": facts["severity"],
            "cause": facts["cause"],
            "contact": facts["contact"],
        },
        texts=texts,
        rows=[_row(row, starts_at) for row in filled],
    )


def _row(facts: dict[str, Any], starts_at: datetime | None) -> dict[str, Any]:
    place: Place = facts["place"]
    zone = place.time_zone or "UTC"
    local = starts_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if starts_at else ""
    return {
        "place_id": place.pk,
        "modes": facts["modes"] or place.modes or list(Mode.values),
        "directions": facts["directions"] or list(Direction.values),
        "traffic": facts["traffic"],
        "status": facts["status"],
        "qualifier": _qualifier(facts),
        "time_zone": zone,
        "starts_at": starts_at,
        "starts_local": local,
    }


def _qualifier(facts: dict[str, Any]) -> dict[str, Any]:
    """Limit, wait and hours as the truth line reads them."""
    found: dict[str, Any] = {}
    if facts["limit"]:
        found["limit"] = facts["limit"]
    if facts["wait_h"]:
        found["value"] = {"wait_h": facts["wait_h"]}
    if facts["hours"]:
        found |= {"hours": facts["hours"], "days": facts["days"] or "daily"}
    return found


def initial_of(version: Version) -> dict[str, Any]:
    """The form as the version stands."""
    zone = ZoneInfo(version.time_zone or "UTC")
    initial: dict[str, Any] = {
        "edit_number": version.edit_number,
        "severity": version.severity,
        "cause": version.cause,
        "contact": version.contact,
    }
    for name in MOMENTS:
        moment = getattr(version, FIELD_OF.get(name, name))
        if moment is not None:
            local = moment.astimezone(zone)
            initial |= {f"{name}_date": local.strftime("%Y-%m-%d"), f"{name}_time": local.strftime("%H:%M")}
            if len(clock.instants(local.replace(tzinfo=None), zone.key)) == 2:
                initial[f"{name}_which"] = str(local.fold)
    for text in version.texts.all():
        for part in ("title", "body", "instruction"):
            initial[f"{part}_{text.language}"] = getattr(text, part)
    return initial


def initial_rows(version: Version, blank: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "place": f"{row.place.locode} {row.place.name}" if row.place else row.place_name,
            "status": row.status,
            "traffic": row.traffic,
            "modes": row.modes if row.place and row.modes != row.place.modes else [],
            "directions": row.directions if len(row.directions) < len(Direction) else [],
            "limit": row.qualifier.get("limit", ""),
            "wait_h": (row.qualifier.get("value") or {}).get("wait_h"),
            "hours": row.qualifier.get("hours", ""),
            "days": row.qualifier.get("days", "daily"),
        }
        for row in version.rows.select_related("place").order_by("position")
    ]
    return rows + [{} for _number in range(blank)]


class DecisionForm(forms.Form):
    digest = forms.CharField(widget=forms.HiddenInput)
    reason = BlockField(label=_("Reason"), required=False, max_length=1_000)
