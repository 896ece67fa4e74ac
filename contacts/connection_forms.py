"""The form of a new connection; the address is judged by `base.http`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base import http
from base.words import Language
from delivery.models import Endpoint

from .models import Organisation


class ConnectionForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For yourselves, such as “Booking system”."))
    url = forms.CharField(
        label=_("Address that we call"),
        max_length=http.LONGEST,
        help_text=_("https only, on port 443 or 8443, public on the internet. We follow no redirect."),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter an address such as https://hooks.company.example/customs")},
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

    def __init__(self, *args: Any, among: Sequence[Organisation], **options: Any) -> None:
        """`among`: for whom the person may add one; with several, the form asks for which."""
        super().__init__(*args, **options)
        self.among = among
        if len(among) > 1:
            mine = Organisation.objects.filter(pk__in=[one.pk for one in among])
            self.fields["organisation"] = forms.ModelChoiceField(mine, label=_("For"))
            self.order_fields(["organisation"])

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            http.check(url)
        except http.Forbidden as refused:
            raise ValidationError(str(refused)) from refused
        return url

    def wanted(self) -> dict[str, Any]:
        """As `connections.add` takes it."""
        return {"organisation": self.among[0], **self.cleaned_data}
