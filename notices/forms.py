"""The editor's form: what an officer types, checked for its shape. Rules about content live in `rules.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from base.text import one_line, prose
from base.words import Direction, Language, Mode, PlaceStatus, Severity, Traffic
from contacts.models import Organisation, Place

from .drafting import Draft
from .kinds import KIND_CHOICES
from .models import Version
from .moment_fields import LineField, MomentsForm, initial_moments
from .truth.words import ENGLISH

LINE, BLOCK = 160, 4_000
FIELD_OF = {"starts": "starts_at", "ends": "ends_at", "next_update": "next_update_at"}
TITLE_HINT = _("Why, in a few words. Open or closed, and to whom, is added from the rows.")
INSTRUCTION_HINT = _("Short lines. Begin each with who it is for.")
LIMITS = [("", "–"), *ENGLISH.limits.items()]
DAYS = [("daily", _("Every day")), ("mon-fri", _("Monday to Friday")), ("mon-sat", _("Monday to Saturday"))]


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
        office: Any = self.fields["office"]
        office.queryset = offices
        if offices.count() == 1:
            office.initial = offices.first()


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


class ImpactForm(MomentsForm):
    """One impact row: a place and what it is to whom, with its own times where they differ."""

    moment_names = (("own_start", _("Starts by itself"), False), ("own_end", _("Ends by itself"), False))

    place = PlaceField(label=_("Place"), required=False)
    place_name = LineField(label=_("Or a place without a code, by its name"), required=False, max_length=120)
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

    MORE = ("modes", "directions", "limit", "wait_h", "hours", "place_name", "own_start_date", "own_end_date")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].widget.attrs |= {"list": "places", "autocomplete": "off", "placeholder": "ESALG"}

    @property
    def somewhere(self) -> bool:
        """Whether the row says where; one that does not is empty and left out."""
        return bool(self.cleaned_data.get("place") or self.cleaned_data.get("place_name"))

    @property
    def is_detailed(self) -> bool:
        """Whether something beyond place, status and traffic was typed or is wrong."""
        wrong = set(self.errors) - {"place", "status", "traffic"}
        return bool(wrong) or any(self[name].value() for name in self.MORE)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        somewhere = facts.get("place") or facts.get("place_name")
        if somewhere and not facts.get("traffic"):
            self.add_error("traffic", _("Tick whom this is for. Cargo is always said, also if it passes."))
        if somewhere and not facts.get("status"):
            self.add_error("status", _("Choose what it is: closed, open or something between."))
        if facts.get("hours") and len(set(facts["hours"].split("-"))) == 1:
            self.add_error("hours", _("From and until are the same. Give two times, such as 06:00-18:00."))
        if not somewhere and facts.get("traffic") and "place" not in self.errors:
            self.add_error("place", _("Which place is it? Type its code or name."))
        if facts.get("place") and facts.get("place_name"):
            self.add_error("place_name", _("Give a place with a code or one without, not both in one row."))
        return facts


ImpactFormSet = forms.formset_factory(ImpactForm, extra=0, max_num=60, absolute_max=60)


class NoticeForm(MomentsForm):
    """Texts, times and facts. Times are in the zone of the first place; one that comes twice is asked about."""

    moment_names = (
        ("starts", _("Starts"), True),
        ("ends", _("Ends for certain"), False),
        ("reopens_earliest", _("Expected to reopen, earliest"), False),
        ("reopens_latest", _("Expected to reopen, latest"), False),
        ("next_update", _("Next update by"), False),
    )
    moment_hints = {
        "ends": _("Only if the end is sure. Empty means until further notice."),
        "next_update": _("A promise: if it is missed, the public page says so and the liaison officer is told."),
    }
    edit_number = forms.IntegerField(widget=forms.HiddenInput)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)
    cause = LineField(label=_("Cause"), required=False, max_length=LINE)
    contact = LineField(label=_("Contact for questions"), required=False, max_length=LINE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in Language:
            official = language == Language.ENGLISH
            self.fields[f"title_{language}"] = LineField(
                label=_("Title"),
                required=official,
                max_length=LINE,
                help_text=TITLE_HINT,
                error_messages={"required": _("Say what happened, in one line.")},
            )
            self.fields[f"body_{language}"] = BlockField(label=_("What happened"), required=False, max_length=BLOCK)
            self.fields[f"instruction_{language}"] = BlockField(
                label=_("What to do"), required=False, max_length=BLOCK, help_text=INSTRUCTION_HINT
            )

    def texts(self) -> list[dict[str, Any]]:
        return [
            {
                "language": language,
                "official": language == Language.ENGLISH,
                "fields": [self[f"{part}_{language}"] for part in ("title", "body", "instruction")],
                "faulty": any(f"{part}_{language}" in self.errors for part in ("title", "body", "instruction")),
            }
            for language in Language
        ]

    def resolve(self, zone: str) -> dict[str, datetime | None]:
        """The moments in UTC; adds an error to the field of a time that is none, comes twice, or never."""
        found: dict[str, datetime | None] = {}
        for name, _label, _needed in self.moment_names:
            found[FIELD_OF.get(name, name)] = self.moment(name, zone)
        starts, ends = found["starts_at"], found["ends_at"]
        if starts and ends and ends <= starts:
            self.add_error("ends_date", _("The end must be after the start. Past midnight? Give the next day."))
        earliest, latest = found["reopens_earliest"], found["reopens_latest"]
        if earliest and latest and latest < earliest:
            self.add_error("reopens_latest_date", _("The latest time must not be before the earliest."))
        if latest and not earliest:
            self.add_error("reopens_earliest_date", _("Give the earliest time of reopening as well."))
        return found


def understood(form: NoticeForm, rows: Any, *, home_zone: str, now: datetime) -> Draft:
    """What can be read of two forms that may still be wrong or half empty; adds errors about times to them.

    `home_zone`: where no place has a code. `now`: a row's start until one is given.
    """
    facts = form.cleaned_data
    filled = [row for row in rows if row.somewhere]
    coded = [row.cleaned_data["place"].time_zone for row in filled if row.cleaned_data.get("place")]
    zone = next(iter(coded), "") or home_zone
    moments = form.resolve(zone)
    made = [_row(row, zone, moments["starts_at"] or now) for row in filled if row.cleaned_data.get("traffic")]
    return Draft(
        fields={
            **moments,
            "time_zone": zone,
            **{name: facts[name] for name in ("severity", "cause", "contact") if name in facts},
        },
        texts={
            str(language): {part: facts.get(f"{part}_{language}", "") for part in ("title", "body", "instruction")}
            for language in Language
        },
        rows=[row for row in made if row["ends_at"] is None or row["ends_at"] > row["starts_at"]],
    )


def draft_of(form: NoticeForm, rows: Any, *, home_zone: str = "UTC", now: datetime) -> Draft | None:
    """The draft from two forms, or None where something is wrong: then the errors stand at their fields."""
    form.full_clean()
    rows.full_clean()
    draft = understood(form, rows, home_zone=home_zone, now=now)
    return None if form.errors or any(row.errors for row in rows) else draft


def _row(form: ImpactForm, home_zone: str, starts_at: datetime | None) -> dict[str, Any]:
    facts = form.cleaned_data
    place: Place | None = facts.get("place")
    zone = (place.time_zone if place else "") or home_zone
    start, end = form.moment("own_start", zone) or starts_at, form.moment("own_end", zone)
    if start and end and end <= start:
        form.add_error("own_end_date", _("The end must be after the start. Past midnight? Give the next day."))
    return {
        "place_id": place.pk if place else None,
        "place_name": facts.get("place_name", ""),
        "modes": facts.get("modes") or (place.modes if place else None) or list(Mode.values),
        "directions": facts.get("directions") or list(Direction.values),
        "traffic": facts["traffic"],
        "status": facts.get("status") or PlaceStatus.UNKNOWN,
        "qualifier": _qualifier(facts),
        "time_zone": zone,
        "starts_at": start,
        "ends_at": end,
        "starts_local": _wall(start, zone),
        "ends_local": _wall(end, zone),
    }


def _wall(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _qualifier(facts: dict[str, Any]) -> dict[str, Any]:
    """Limit, wait and hours as the truth line reads them."""
    found: dict[str, Any] = {}
    if facts.get("limit"):
        found["limit"] = facts["limit"]
    if facts.get("wait_h"):
        found["value"] = {"wait_h": facts["wait_h"]}
    if facts.get("hours"):
        found |= {"hours": facts["hours"], "days": facts.get("days") or "daily"}
    return found


def initial_of(version: Version) -> dict[str, Any]:
    """The form as the version stands."""
    initial: dict[str, Any] = {
        "edit_number": version.edit_number,
        "severity": version.severity,
        "cause": version.cause,
        "contact": version.contact,
    }
    kept = {
        name: getattr(version, FIELD_OF.get(name, name)) for name, _label, _needed in NoticeForm.moment_names
    }
    initial |= initial_moments(kept, version.time_zone)
    for text in version.texts.all():
        for part in ("title", "body", "instruction"):
            initial[f"{part}_{text.language}"] = getattr(text, part)
    return initial


def initial_rows(version: Version) -> list[dict[str, Any]]:
    return [
        {
            "place": f"{row.place.locode} {row.place.name}" if row.place else "",
            "place_name": row.place_name,
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


def slips(form: NoticeForm, rows: Any) -> list[str]:
    """What is wrong with something that was typed; a field still empty is no slip."""
    return [
        f"{one[name].label} – {error}" if name in one.fields else str(error)
        for one in (form, *rows)
        for name, errors in one.errors.items()
        for error in errors
        if name not in one.fields or one[name].value()
    ]


class DecisionForm(forms.Form):
    digest = forms.CharField(widget=forms.HiddenInput)
    reason = BlockField(label=_("Reason"), required=False, max_length=1_000)
