"""The form of a new connection; the address is judged by `base.http`."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import CallableAddressField
from base.words import Language
from delivery.models import Endpoint

from .organisation_form import ForOneOrganisation


class ConnectionForm(ForOneOrganisation):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For yourselves, such as “Booking system”."))
    url = CallableAddressField(
        label=_("Address that we call"),
        example=_("Enter an address such as https://hooks.company.example/customs"),
    )
    preset = forms.ChoiceField(
        label=_("What arrives there"), choices=Endpoint.Preset.choices, widget=forms.RadioSelect,
        initial=Endpoint.Preset.STANDARD,
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language"),
        choices=Language.choices,
        help_text=_("Of a chat channel; data for programs hold every language."),
    )
    exercises = forms.BooleanField(label=_("Send exercises there too"), required=False)
