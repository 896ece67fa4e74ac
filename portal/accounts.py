"""How people sign in: allauth's adapters, invitations only, a second factor for customs staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by invitation only."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Associations land on their dashboard, customs staff on the desk."""
        user: Any = request.user
        if user.is_association and not user.is_customs:
            return reverse("association_home")
        return str(super().get_login_redirect_url(request))


class MfaAdapter(DefaultMFAAdapter):
    pass


class SecondFactorMiddleware:
    """Sends customs staff without a second factor to set one up, whatever page they ask for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user: Any = request.user
        name = request.resolver_match.view_name if request.resolver_match else ""
        if (
            not user.is_authenticated
            or name.startswith(("account_", "mfa_", "demo_"))
            or name in ("set_language", "javascript-catalog")
        ):
            return None
        if user.is_customs and not is_mfa_enabled(user):
            return redirect(f"{reverse('mfa_activate_totp')}?next={request.path}")
        return None
