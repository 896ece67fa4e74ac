"""Shape of an invitation and of its acceptance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.words import Language, Role

from .forms import MailboxField
from .models import Invitation, Organisation, User
from .people import SEATS_OF


class InviteForm(forms.Form):
    email = MailboxField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}), max_length=254
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"))
    role = forms.ChoiceField(label=_("Seat"))
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["organisation"]
        chosen.queryset = Organisation.objects.filter(pk__in=[one.pk for one in organisations])
        roles = {role for one in organisations for role in SEATS_OF[one.kind]}
        role: Any = self.fields["role"]
        role.choices = [choice for choice in Role.choices if choice[0] in roles]


class NewEmailForm(forms.Form):
    email = MailboxField(
        label=_("New e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}), max_length=254
    )


class AcceptForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least twelve characters; several words are best."),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": invitation.name}
        self.invitation = invitation

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password, User(email=self.invitation.email, name=self.data.get("name", "")))
        except ValidationError as weak:
            raise ValidationError(weak.messages) from weak
        return password
