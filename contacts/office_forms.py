"""Shape of an office as an administrator types it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.fields import LineField
from base.words import Language

from .forms import MailboxField
from .models import Organisation, Place
from .place_fields import PlacesField


class OfficeForm(forms.Form):
    code = forms.SlugField(
        label=_("Code"),
        max_length=40,
        help_text=_("Short and lasting, such as of-dover. It is never changed."),
        error_messages={"invalid": _("Use small letters, digits and hyphens alone.")},
    )

    def __init__(self, *args: Any, office: Organisation | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if office is not None:
            del self.fields["code"]
        for language in Language:
            official = language == settings.FAIRWAY_OFFICIAL_LANGUAGE
            self.fields[f"name_{language}"] = LineField(
                label=_("Name, %(language)s") % {"language": language.label}, max_length=120, required=official
            )
        self.fields["email"] = MailboxField(
            label=_("Duty mailbox"),
            required=False,
            help_text=_("Gets a copy of what goes out. Several people may read it."),
        )
        self.fields["phone"] = LineField(label=_("Duty telephone"), max_length=40, required=False)
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=Language.choices)
        self.fields["places"] = PlacesField(
            label=_("Places it answers for"),
            required=False,
            help_text=_("Codes or names, parted by commas: ESALG, ESCEU"),
        )

    @staticmethod
    def initial_of(office: Organisation) -> dict[str, Any]:
        codes = Place.objects.filter(office=office).values_list("locode", flat=True)
        return {
            "email": office.email,
            "phone": office.phone,
            "language": office.language,
            "places": ", ".join(codes),
            **{f"name_{language}": office.names.get(str(language), "") for language in Language},
        }

    def fill(self, office: Organisation) -> list[Place]:
        """Writes what was typed into `office`, which is not stored by it; returns its places."""
        told = self.cleaned_data
        office.code = told.get("code", office.code)
        names = {str(language): told[f"name_{language}"] for language in Language}
        office.names = {language: name for language, name in names.items() if name}
        office.email, office.phone, office.language = told["email"], told["phone"], told["language"]
        places: list[Place] = told["places"]
        return places
