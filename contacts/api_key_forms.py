"""The form of a new key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField

from .models import Organisation, Scope

DAYS = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("One year"))]


class ApiKeyForm(forms.Form):
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

    def __init__(self, *args: Any, among: Sequence[Organisation], **options: Any) -> None:
        """`among`: for whom the person may make one; with several, the form asks for which."""
        super().__init__(*args, **options)
        self.among = among
        if len(among) > 1:
            mine = Organisation.objects.filter(pk__in=[one.pk for one in among])
            self.fields["organisation"] = forms.ModelChoiceField(mine, label=_("For"))
            self.order_fields(["organisation"])

    def wanted(self) -> dict[str, Any]:
        """As `api_keys.make` takes it."""
        return {"organisation": self.among[0], **self.cleaned_data}
