"""The forms of the inbox: a source, a file, and what a draft is to be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.fields import CallableAddressField, LineField
from contacts.models import Organisation
from notices.cap import rules
from notices.kinds import KIND_CHOICES

from .words import Form


class _AtAnOffice(forms.Form):
    office = forms.ModelChoiceField(
        label=_("For which office?"), queryset=Organisation.objects.none(), empty_label=_("Choose an office")
    )

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        """`offices`: those to choose from; with one alone nothing is asked."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["office"]
        field.queryset = offices
        if len(offices) == 1:
            field.required = False
            field.widget = forms.HiddenInput()
        self.only = offices[0] if len(offices) == 1 else None

    def clean_office(self) -> Organisation:
        office: Organisation = self.only or self.cleaned_data["office"]
        return office


class SourceForm(_AtAnOffice):
    name = LineField(
        label=_("Who publishes it"), max_length=80, help_text=_("Readers see this name: “Based on: Harbour master”.")
    )
    url = CallableAddressField(
        label=_("Address"), example=_("Enter an address such as https://harbour.example/notices.atom")
    )
    form = forms.ChoiceField(
        label=_("What stands there"), choices=Form.choices, widget=forms.RadioSelect, initial=Form.FEED
    )
    field_order = ("office", "name", "url", "form")


class UploadForm(_AtAnOffice):
    file = forms.FileField(
        label=_("A CAP message as a file (.xml)"),
        widget=forms.FileInput(attrs={"accept": ".xml,.cap,application/cap+xml,application/xml,text/xml"}),
        error_messages={"required": _("Choose the file."), "empty": _("The file is empty.")},
    )
    field_order = ("file", "office")

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > rules.MOST:
            raise ValidationError(_("The file is larger than a message can be."))
        return bytes(file.read())


class DraftForm(_AtAnOffice):
    kind = forms.ChoiceField(label=_("What kind of notice?"), choices=KIND_CHOICES)
    ends = forms.BooleanField(
        label=_("It ends for certain when the message expires"),
        required=False,
        help_text=_("A message may expire before or after what it tells of. Left open, the end is not known."),
    )
    field_order = ("kind", "office", "ends")

    def __init__(self, *args: Any, may_end: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_end:
            del self.fields["ends"]
