"""The editor's form: what an officer types, checked for its shape. Rules about content live in `rules.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField
from base.words import Language, Sector, Severity
from contacts.models import Organisation
from contacts.place_fields import PlacesField

from . import diversions, narrowing
from .cause_field import CauseField
from .diversions import Choice
from .drafting import Draft
from .impact_form import row_of
from .kinds import KIND_CHOICES
from .models import Crews, Version
from .moment_fields import MomentsForm, initial_moments
from .titles import LONGEST_TITLE

LINE, BLOCK = 160, 4_000
FIELD_OF = {"starts": "starts_at", "ends": "ends_at", "next_update": "next_update_at"}
TITLE_HINT = _("Why, in a few words. Open or closed, and to whom, is added from the rows.")
INSTRUCTION_HINT = _("Short lines. Begin each with who it is for.")


class KindForm(forms.Form):
    kind = forms.ChoiceField(label=_("What kind of notice?"), choices=KIND_CHOICES, widget=forms.RadioSelect)
    office = forms.ModelChoiceField(label=_("For which office?"), queryset=Organisation.objects.none())

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office: Any = self.fields["office"]
        office.queryset = offices
        if offices.count() == 1:
            office.initial = offices.first()


class NoticeForm(MomentsForm):
    """Texts, times and facts. Times are in the zone of the first place; one that comes twice is asked about."""

    moment_names = (
        ("starts", _("Starts"), True),
        ("ends", _("Ends for certain"), False),
        ("reopens_earliest", _("Expected to reopen, earliest"), False),
        ("reopens_latest", _("Expected to reopen, latest"), False),
        ("next_update", _("Next update by"), False),
    )
    whole_days = {"starts": 0, "ends": 1}
    moment_hints = {
        "starts": _("Leave the time empty for whole days."),
        "ends": _("Only if the end is sure. Empty means until further notice."),
        "next_update": _("A promise: if it is missed, the public page says so and the liaison officer is told."),
    }
    edit_number = forms.IntegerField(widget=forms.HiddenInput)
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)
    diversion = forms.ChoiceField(
        label=_("Diversion"),
        choices=[("", _("No advice")), *Choice.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    divert_to = PlacesField(
        label=_("Divert to"), required=False, help_text=_("Codes or names, parted by commas: ESSAG, ESBCN")
    )
    aeo_only = forms.BooleanField(label=_("Only authorised economic operators (AEO)"), required=False)
    sectors = forms.MultipleChoiceField(
        label=_("Only these sectors"),
        choices=[choice for choice in Sector.choices if choice[0] != Sector.SECTOR_AGNOSTIC],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means every sector. The page stays public for all."),
    )
    crews = forms.ChoiceField(
        label=_("Is there a process for crews and drivers?"),
        choices=[("", _("Not answered yet")), *Crews.choices],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Asked when people are kept from passing: a test, a lane of their own, a place to rest."),
    )
    cause = CauseField(label=_("Cause"), required=False, max_length=LINE)
    contact = LineField(label=_("Contact for questions"), required=False, max_length=LINE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in Language:
            official = language == Language.ENGLISH
            self.fields[f"title_{language}"] = LineField(
                label=_("Title"),
                required=official,
                max_length=LONGEST_TITLE,
                help_text=TITLE_HINT,
                error_messages={"required": _("Say what happened, in one line.")},
            )
            self.fields[f"body_{language}"] = ProseField(label=_("What happened"), required=False, limit=BLOCK)
            self.fields[f"instruction_{language}"] = ProseField(
                label=_("What to do"), required=False, limit=BLOCK, help_text=INSTRUCTION_HINT
            )

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("diversion") == Choice.DIVERT and "divert_to" not in self.errors and not facts.get("divert_to"):
            self.add_error("divert_to", _("Name at least one place to divert to."))
        if facts.get("divert_to") and facts.get("diversion") != Choice.DIVERT:
            self.add_error("diversion", _("Places are named. Choose “Divert to other places”, or empty them."))
        return facts

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
    made = [row_of(row, zone, moments["starts_at"] or now) for row in filled if row.cleaned_data.get("traffic")]
    return Draft(
        fields={
            **moments,
            "time_zone": zone,
            **{name: facts[name] for name in ("severity", "crews", "cause", "contact") if name in facts},
            "audience": narrowing.narrowed(aeo=facts.get("aeo_only", False), sectors=facts.get("sectors", ())),
            "diversion": diversions.advice(facts.get("diversion", ""), facts.get("divert_to") or []),
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


def initial_of(version: Version) -> dict[str, Any]:
    """The form as the version stands."""
    initial: dict[str, Any] = {
        "edit_number": version.edit_number,
        "severity": version.severity,
        "crews": version.crews,
        "aeo_only": version.audience.get("aeo", False),
        "sectors": version.audience.get("sectors", []),
        "cause": version.cause,
        "contact": version.contact,
        "diversion": version.diversion.get("choice", ""),
        "divert_to": ", ".join(diversions.codes_of(version)),
    }
    kept = {
        name: getattr(version, FIELD_OF.get(name, name)) for name, _label, _needed in NoticeForm.moment_names
    }
    initial |= initial_moments(kept, version.time_zone)
    for text in version.texts.all():
        for part in ("title", "body", "instruction"):
            initial[f"{part}_{text.language}"] = getattr(text, part)
    return initial


def slips(form: NoticeForm, rows: Any) -> list[str]:
    """What is wrong with something that was typed; a field still empty is no slip."""
    return [
        f"{one[name].label} – {error}" if name in one.fields else str(error)
        for one in (form, *rows)
        for name, errors in one.errors.items()
        for error in errors
        if name not in one.fields or one[name].value()
    ]
