"""The form of a crisis page, few fields for a bad hour: lists are typed as lines."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from base.clock import now
from base.fields import LineField, ProseField
from base.words import CrisisLevel, Language
from contacts.place_fields import PlacesField

from .crisis import Content
from .models import Crisis, Notice

TITLE, SITUATION, LINES = 80, 400, 2_000  # characters
_PAGE = re.compile(r"(?P<name>\S.*?)\s+(?P<url>https?://\S+)")
_IS_ADDRESS = URLValidator(schemes=["https", "http"])
LEVELS = [
    (CrisisLevel.WATCH, _("Watch: something may come, or is small")),
    (CrisisLevel.CRISIS, _("Crisis: much is at stake now")),
]


class NoticesField(forms.Field):
    """Notices that went out, by their numbers, parted by commas."""

    def to_python(self, value: Any) -> list[Notice]:
        wanted = {part.strip().upper() for part in str(value or "").split(",") if part.strip()}
        found = list(Notice.objects.published(now()).filter(reference__in=wanted).order_by("reference"))
        if missing := wanted - {str(one.reference) for one in found}:
            raise ValidationError(
                _("No notice with this number went out: %(numbers)s."), params={"numbers": ", ".join(sorted(missing))}
            )
        return found


class PairsField(ProseField):
    """Pairs, one a line. What is no pair is named, so that it can be found among the lines."""

    wrong: Any = ""

    def pair(self, line: str) -> tuple[str, str] | None:
        raise NotImplementedError

    def clean(self, value: Any) -> list[tuple[str, str]]:
        lines = [line.strip() for line in str(super().clean(value)).split("\n") if line.strip()]
        found = {line: self.pair(line) for line in lines}
        if bad := [line for line, pair in found.items() if pair is None]:
            raise ValidationError(self.wrong, params={"line": bad[0]})
        return [pair for pair in found.values() if pair is not None]


class ContactsField(PairsField):
    wrong = _("Write who, a colon, and how to reach them: “%(line)s”.")

    def pair(self, line: str) -> tuple[str, str] | None:
        who, _colon, how = (part.strip() for part in line.partition(":"))
        return (who, how) if who and how else None


class PartnersField(PairsField):
    wrong = _("Write a name and a whole address that begins with https://: “%(line)s”.")

    def pair(self, line: str) -> tuple[str, str] | None:
        match = _PAGE.fullmatch(line)
        if match is None or len(match["name"]) > 120 or len(match["url"]) > 500:
            return None
        try:
            _IS_ADDRESS(match["url"])
        except ValidationError:
            return None
        return match["name"], match["url"]

    def clean(self, value: Any) -> list[tuple[str, str]]:
        found = super().clean(value)
        urls = [url for _name, url in found]
        if twice := [url for url in urls if urls.count(url) > 1]:
            raise ValidationError(_("This address stands there twice: %(url)s."), params={"url": twice[0]})
        return found


class CrisisForm(forms.Form):
    """`uid` names the page that a new form opens; `seen` is the number of the save that an editor started from."""

    uid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    level = forms.ChoiceField(label=_("Level"), choices=LEVELS, widget=forms.RadioSelect)

    def __init__(self, *args: Any, crisis: Crisis | None = None, **options: Any) -> None:
        options["initial"] = initial_of(crisis) if crisis else {"uid": uuid4()}
        super().__init__(*args, **options)
        if crisis is not None:
            del self.fields["level"]
        for language in Language:
            official = language == settings.FAIRWAY_OFFICIAL_LANGUAGE
            said = {"language": language.label}
            self.fields[f"title_{language}"] = LineField(
                label=_("Title, %(language)s") % said, max_length=TITLE, required=official
            )
            self.fields[f"situation_{language}"] = ProseField(
                label=_("Situation in two sentences, %(language)s") % said, limit=SITUATION, required=official,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("What happened, and what happens to cargo.") if official else "",
            )  # fmt: skip
        self.fields["places"] = PlacesField(
            label=_("Places"), help_text=_("Codes or names, parted by commas: ESALG, ESCEU")
        )
        self.fields["notices"] = NoticesField(
            label=_("Notices, if not all of these places"), required=False,
            help_text=_("Their numbers, parted by commas. Empty: every notice in force at these places."),
        )  # fmt: skip
        self.fields["contacts"] = ContactsField(
            label=_("Contacts beside the customs offices"), limit=LINES, required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One a line: Drivers’ welfare line: +44 1632 960144"),
        )  # fmt: skip
        self.fields["partners"] = PartnersField(
            label=_("Pages of partners"), limit=LINES, required=False, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One a line: Ferry sailings https://ferries.example/. What you add counts as looked at now."),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        for language in Language:
            for part, other in (("title", "situation"), ("situation", "title")):
                if facts.get(f"{other}_{language}") and not facts.get(f"{part}_{language}", "-"):
                    self.add_error(f"{part}_{language}", _("Write both in this language, or neither."))
        return facts

    @property
    def of(self) -> UUID:
        return self.cleaned_data["uid"] or uuid4()

    def content(self) -> Content:
        told = self.cleaned_data
        texts = {
            str(language): {part: told[f"{part}_{language}"] for part in ("title", "situation")}
            for language in Language
            if told[f"title_{language}"]
        }
        return Content(texts, told["places"], told["notices"], told["contacts"], told["partners"])


def initial_of(crisis: Crisis) -> dict[str, Any]:
    return {
        "seen": crisis.edits,
        "places": ", ".join(crisis.places.values_list("locode", flat=True)),
        "notices": ", ".join(sorted(str(one.reference) for one in crisis.notices.all())),
        "contacts": "\n".join(f"{who}: {how}" for who, how in crisis.contacts),
        "partners": "\n".join(f"{page.name} {page.url}" for page in crisis.partners.all()),
        **{f"{part}_{language}": text for language, words in crisis.texts.items() for part, text in words.items()},
    }


def other_than_typed(form: CrisisForm, crisis: Crisis) -> list[tuple[str, str]]:
    """Where what stands now differs from what was typed: pairs of label and what stands."""
    stands, told = initial_of(crisis), form.data
    names = [name for name in form.fields if name not in ("uid", "seen", "level")]

    def plain(text: Any) -> str:
        return " ".join(str(text or "").split())

    return [
        (str(form.fields[name].label), str(stands.get(name, "")))
        for name in names
        if plain(stands.get(name)) != plain(told.get(name))
    ]
