"""Shape of an association's application and of the answer to it; the rules are in `applications`."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField
from base.trap import TrapForm
from base.words import Mode, Sector

from .applications import ABOUT_LIMIT, Wish
from .forms import TICKS, MailboxField
from .models import Place
from .models.places import fold

# Codes of the Unicode list that are no countries of ISO 3166-1
NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def countries() -> list[tuple[str, str]]:
    """Code and name in the language of the page, sorted as read there."""
    names = Locale.parse((get_language() or "en")[:2]).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code not in NO_COUNTRIES]
    return sorted(found, key=lambda pair: fold(pair[1]))


class ApplyForm(TrapForm):
    name = LineField(
        label=_("Name of the association"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": _("Enter the name of the association")},
    )
    country = forms.ChoiceField(label=_("Country"), error_messages={"required": _("Choose the country")})
    sectors = forms.MultipleChoiceField(
        choices=Sector.choices,
        label=_("Sectors of your members"),
        widget=TICKS,
        error_messages={"required": _("Tick at least one sector")},
    )
    places = forms.ModelMultipleChoiceField(
        Place.objects.none(),
        required=False,
        label=_("Places your members use"),
        help_text=_("None chosen: every place."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    modes = forms.MultipleChoiceField(
        choices=Mode.choices, required=False, label=_("Modes"), help_text=_("None ticked: all."), widget=TICKS
    )
    contact = LineField(
        label=_("Contact person"),
        help_text=_("Whoever will manage the association’s member lists here."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter the name of a contact person")},
    )
    email = MailboxField(
        label=_("E-mail of the contact person"),
        help_text=_("We send a link to confirm it. Then headquarters decides."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter an e-mail address such as name@company.example")},
    )
    about = ProseField(
        limit=ABOUT_LIMIT,
        required=False,
        label=_("What should headquarters know?"),
        help_text=_("For example your website, how many members you have, who knows you. Up to 2,000 characters."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["country"].choices = [("", _("Choose")), *countries()]
        fields["places"].queryset = Place.objects.exclude(office=None).order_by("sort_key")

    def questions(self) -> list[BoundField]:
        """What people answer, without the trap."""
        return [field for field in self.visible_fields() if field.name != "website"]

    def wish(self, language: str) -> Wish:
        told = self.cleaned_data
        return Wish(
            name=told["name"],
            country=told["country"],
            sectors=tuple(told["sectors"]),
            places=tuple(place.pk for place in told["places"]),
            modes=tuple(told["modes"]),
            contact=told["contact"],
            email=told["email"],
            about=told["about"],
            language=language,
            trap_filled=told["marked"],
        )


class DeclineForm(forms.Form):
    reason = ProseField(
        limit=1_000,
        label=_("Why not?"),
        help_text=_("The association gets this by e-mail. Write in the language it applied in."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the association reads it.")},
    )
