"""Forms of the deeds on a version: what a person adds to a click."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField
from base.words import Language

from . import lone
from .models import LoneIssue
from .moment_fields import MomentsForm


class GoingOutForm(forms.Form):
    """What was read, and the number of people where the guard asks for it.

    No field is marked as optional: the guard's is shown where it is needed, a reason is needed to refuse.
    """

    use_required_attribute = False

    digest = forms.CharField(widget=forms.HiddenInput)
    typed = LineField(
        label=_("Type the number of people it goes to"),
        required=False,
        max_length=12,
        help_text=_("Digits only, as on the button."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class DecisionForm(GoingOutForm):
    reason = ProseField(label=_("Reason"), required=False, limit=1_000)


class AloneForm(GoingOutForm):
    """One officer's word without a second person: why, and the number of the notice by hand."""

    reason = ProseField(
        label=_("Why can nobody else approve it?"),
        limit=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who is on duty, whom you tried to reach, what cannot wait. It is kept with the notice."),
        error_messages={"required": lone.SayWhy.message},
    )
    reference = LineField(
        label=_("Type the number of the notice"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": lone.NotTheReference.message},
    )


class ReviewForm(forms.Form):
    """What a second person found of a notice that one officer issued alone."""

    finding = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[
            (LoneIssue.Finding.CONFIRMED, _("It was right: confirmed")),
            (LoneIssue.Finding.CHANGED, _("It must be changed or withdrawn")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you found.")},
    )
    remark = ProseField(
        label=_("Remark"),
        required=False,
        limit=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What must be changed, or what to do better next time. It is kept inside the house."),
    )


class HourForm(MomentsForm):
    """When it goes out; empty is at once after approval."""

    moment_names = (("publish", _("Goes out"), False),)
    moment_hints = {"publish": _("Empty: at once, as soon as it is approved.")}


class CorrectionForm(forms.Form):
    """What was wrong, in each language; the official one is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in Language:
            official = language == settings.FAIRWAY_OFFICIAL_LANGUAGE
            self.fields[f"note_{language}"] = ProseField(
                label=language.label,
                required=official,
                limit=600,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": _("Say what was wrong. Readers see it above the correction.")},
            )

    def note(self) -> dict[str, str]:
        return {str(language): self.cleaned_data.get(f"note_{language}", "") for language in Language}

    @classmethod
    def initial_of(cls, correction: dict[str, str]) -> dict[str, str]:
        return {f"note_{language}": words for language, words in correction.items()}
