"""Shape of what colleagues at the desk type; the rules are in `answers` and `assignment`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField
from contacts.models import Organisation, User

from .assignment import colleagues
from .models import Case

LIAISON = "liaison"  # passed to no office: the liaison officers take it


class AnswerForm(forms.Form):
    text = ProseField(
        limit=20_000,
        label=_("Your answer"),
        help_text=_(
            "It goes to the person by e-mail and to their page at once. Write in the language they wrote in."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write the answer")},
    )


class NoteForm(forms.Form):
    text = ProseField(
        limit=5_000,
        label=_("A note for colleagues"),
        help_text=_("Only colleagues who may see this question read it, never the person who asked."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the note")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="note")


class GiveForm(forms.Form):
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Give it to"),
        empty_label=_("Choose a colleague"),
        error_messages={"required": _("Choose a colleague")},
    )

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, prefix="give")
        choice: Any = self.fields["person"]
        choice.queryset = colleagues(case).exclude(pk__in=[user.pk, case.assignee_id or user.pk])


class MoveForm(forms.Form):
    office = forms.ChoiceField(label=_("Pass it to"), error_messages={"required": _("Choose an office")})
    reason = LineField(
        label=_("Why"),
        help_text=_("For the colleagues there; the person who asked never reads it."),
        max_length=300,
        error_messages={"required": _("Say in a few words why")},
    )

    def __init__(self, data: Any = None, *, case: Case) -> None:
        super().__init__(data, prefix="move")
        others = [one for one in Organisation.objects.offices() if one != case.office]
        liaison = [(LIAISON, _("The liaison officers"))] if case.office_id else []
        choice: Any = self.fields["office"]
        choice.choices = [("", _("Choose an office")), *liaison, *((one.code, str(one)) for one in others)]

    def chosen(self) -> Organisation | None:
        """The office, or None for the liaison officers."""
        return Organisation.objects.filter(code=self.cleaned_data["office"]).first()
