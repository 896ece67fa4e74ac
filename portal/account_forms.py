"""The six digits of the second factor, asked for in our own words and counted once for as long as they are valid."""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _


class SixDigits(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Six digits from your authenticator app")
        code.widget.attrs = {"class": "f-otp", "autocomplete": "one-time-code", "inputmode": "numeric"}


class Activate(SixDigits, ActivateTOTPForm):
    pass


class Once(SixDigits):
    def clean_code(self) -> str:
        """RFC 6238, 5.2: allauth forgets a used code after one step, while our tolerance accepts it for three."""
        code: str = super().clean_code()  # type: ignore[misc]
        user, kind = self.user, self.authenticator.type  # type: ignore[attr-defined]
        valid_s = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        used = f"totp-used:{user.pk}:{''.join(filter(str.isdigit, code))}"
        if kind == Authenticator.Type.TOTP and not cache.add(used, True, timeout=valid_s):
            raise get_adapter().validation_error("incorrect_code")
        return code


class Authenticate(Once, AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("A new code appears every 30 seconds. A recovery code works too.")


class Reauthenticate(Once, ReauthenticateForm):
    pass
