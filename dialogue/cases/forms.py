"""Shape of what strangers and officers type; the rules are in `intake` and `answers`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.errors import Refused
from base.fields import LineField, ProseField
from base.trap import TrapForm
from delivery import addresses

from . import kinds
from .files import Parcel
from .intake import MESSAGE_LIMIT, Question
from .kinds import KINDS, Kind

NO_ADDRESS = _("Enter an e-mail address such as name@company.example")


class Several(forms.FileInput):
    """A control for several files; what was chosen lies in the form's parcel, not here."""

    allow_multiple_selected = True


class Attachments(forms.FileField):
    """Shows the control and takes the errors; see `Several`."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Files, if they help"),
            help_text=_("PDF, JPEG, PNG, text, CSV or XLSX: up to five, each up to 5 MB"),
            required=False,
            widget=Several(),
        )


def _refuse(form: forms.Form, parcel: Parcel | None) -> None:
    for refusal in parcel.refusals if parcel else ():
        form.add_error("attachments", str(refusal))


class AskForm(TrapForm):
    """The public form: few fields, and what the chosen kind asks for beside. A post without a kind is a question."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=kinds.CHOICES,
        initial=kinds.FIRST,
        required=False,
        widget=forms.RadioSelect,
    )
    company = LineField(
        label=_("Company or organisation"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": _("Enter the name of your company")},
    )
    about = LineField(
        label=_("Notice or place, if you know it"),
        help_text=_("Number, name or code, for example BC-2026-0418 or Dover"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "f-in--m"}),
    )
    subject = LineField(
        label=_("Subject"),
        max_length=160,
        error_messages={"required": _("Say in a few words what it is about")},
    )
    message = ProseField(
        limit=MESSAGE_LIMIT,
        label=_("Your question or report"),
        help_text=_("Up to 5,000 characters. No names of people and no bank details."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    attachments = Attachments()
    email = LineField(
        label=_("E-mail"),
        help_text=_("We send a link to confirm it. Then your question enters the queue."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": NO_ADDRESS},
    )

    ANSWERS = ("company", "about", "subject", "message", "email")

    def __init__(self, *args: Any, parcel: Parcel | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parcel = parcel
        for kind in KINDS.values():
            if kind.detail:
                self.fields[_detail(kind)] = LineField(label=str(kind.detail.label), max_length=200, required=False)
        self.order_fields(["kind", *(_detail(kind) for kind in KINDS.values())])
        if self.is_bound:
            self._ask_for(self.chosen)

    @property
    def chosen(self) -> Kind:
        return KINDS.get(self.data.get("kind", ""), KINDS[kinds.FIRST])

    def _ask_for(self, kind: Kind) -> None:
        """Names and demands what this kind needs."""
        needs = {"message": kind.missing, "about": kind.about_missing}
        if kind.detail:
            needs[_detail(kind)] = kind.detail.missing
        for name, missing in needs.items():
            self.fields[name].required = bool(missing)
            self.fields[name].error_messages["required"] = str(missing)
        self.fields["message"].label = str(kind.words)
        if kind.about_missing:
            self.fields["about"].label = _("Notice or place")

    def options(self) -> Iterator[tuple[Any, Kind, Any]]:
        """Each kind with its dot and, where it asks for more, that field."""
        for dot in self["kind"]:
            kind = KINDS[dot.data["value"]]
            yield dot, kind, self[_detail(kind)] if kind.detail else None

    def clean(self) -> dict[str, Any]:
        _refuse(self, self.parcel)
        return self.cleaned_data

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or kinds.FIRST

    def clean_email(self) -> str:
        return _mailbox(self.cleaned_data["email"])

    def again(self, data: Any) -> Self:
        return type(self)(data, parcel=self.parcel)

    @property
    def detail(self) -> str:
        return str(self.cleaned_data.get(_detail(self.chosen), ""))

    def question(self, language: str) -> Question:
        fields = {name: self.cleaned_data[name] for name in self.ANSWERS}
        return Question(
            **fields,
            kind=self.chosen.key,
            detail=self.detail,
            draft=self.parcel.draft if self.parcel and self.parcel.files else None,
            language=language,
            trap_filled=self.cleaned_data["marked"],
        )


def _mailbox(text: str) -> str:
    try:
        addresses.key_of(text)
    except Refused:
        raise ValidationError(NO_ADDRESS) from None
    return addresses.clean(text)


def _detail(kind: Kind) -> str:
    return f"detail_{kind.key}"


class FollowUpForm(forms.Form):
    text = ProseField(
        limit=MESSAGE_LIMIT,
        label=_("Your message to customs"),
        help_text=_("Up to 5,000 characters. No names of people and no bank details."),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write what is still unclear")},
    )
    attachments = Attachments()

    def __init__(self, data: Any = None, *, parcel: Parcel | None = None) -> None:
        super().__init__(data)
        self.parcel = parcel

    def clean(self) -> dict[str, Any]:
        _refuse(self, self.parcel)
        return self.cleaned_data


class LinksForm(forms.Form):
    email = LineField(
        label=_("E-mail"),
        help_text=_("The address that you gave with your question"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": NO_ADDRESS},
    )

    def clean_email(self) -> str:
        return _mailbox(self.cleaned_data["email"])
