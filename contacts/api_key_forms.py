"""The form of a new key."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField

from .models import Scope
from .organisation_form import ForOneOrganisation

DAYS = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("One year"))]


class ApiKeyForm(ForOneOrganisation):
    name = LineField(
        label=_("Name"), max_length=80, help_text=_("Which program uses it, such as “Port system of Algeciras”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a tick it only reads, with a limit of its own. No key can publish."),
    )
    days = forms.TypedChoiceField(label=_("Works for"), choices=DAYS, coerce=int, initial=90)
