"""A public form's trap for machines: a field that people never see unless their browser filled it."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class TrapForm(forms.Form):
    """Filled, `website` is an error that a person can act on: cleared, with `marked` set, it is sent again."""

    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    marked = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_website(self) -> str:
        if self.cleaned_data["website"].strip():
            raise ValidationError(
                _("Your browser filled in a field that must stay empty. It is cleared now: please send again.")
            )
        return ""

    @property
    def trap_filled(self) -> bool:
        return "website" in self.errors

    def with_trap_cleared(self) -> Self:
        """The same form and errors with the trap emptied and the mark set, for the person to send again."""
        typed: Any = self.data
        data = typed.copy()
        data["website"], data["marked"] = "", "on"
        cleared = self.again(data)
        cleared.full_clean()
        cleared.add_error("website", self.errors.as_data()["website"])
        return cleared

    def again(self, data: Any) -> Self:
        """A form like this one with other data; for a subclass that is made with more."""
        return type(self)(data)
