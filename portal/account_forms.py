"""The six digits of the second factor, asked for in our own words."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SixDigits(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Six digits from your authenticator app")
        code.widget.attrs = {"class": "f-otp", "autocomplete": "one-time-code", "inputmode": "numeric"}


class Activate(SixDigits, ActivateTOTPForm):  # type: ignore[misc]
    pass


class Authenticate(SixDigits, AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("A new code appears every 30 seconds. A recovery code works too.")


class Reauthenticate(SixDigits, ReauthenticateForm):  # type: ignore[misc]
    pass
