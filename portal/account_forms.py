"""Forms of the account that are stricter than allauth's: nothing told by time, each code counted once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.forms import ResetPasswordForm
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contacts.models import User


class ResetPassword(ResetPasswordForm):
    users: list[Any]

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Does the same work for a stranger and takes it back, so that the time tells nobody who is known."""
        if self.users:
            return str(super().save(request, **kwargs))
        with transaction.atomic():
            stranger = User.objects.create(email=f"{uuid4().hex}@stranger.invalid")
            self.users, self.cleaned_data["email"] = [stranger], stranger.email
            super().save(request, **kwargs)
            transaction.set_rollback(True)
        return stranger.email


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
