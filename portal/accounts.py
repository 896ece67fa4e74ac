"""How people sign in: allauth's adapters, invitations only, a second factor for customs staff."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import linebreaks, urlize
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base.access import has_seat
from base.words import Role
from delivery import outbox
from delivery.sealed import Sealed
from portal.everybody import reads_no_session

# Where the day of customs staff begins: the first seat of this list that one holds decides.
FIRST_PAGE = {
    Role.OFFICER: "desk",
    Role.APPROVER: "desk",
    Role.HEADQUARTERS: "headquarters",
    Role.LIAISON: "headquarters",
    Role.AUDITOR: "headquarters",
    Role.ADMINISTRATOR: "people",
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many wrong tries. Wait five minutes, then try again.")
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Leaves through the post office: an unreachable relay neither stops the page nor tells who is known."""
        language = (get_language() or "en")[:2]
        whole = {"email": email, "language": language, "link": context.get("password_reset_url"), **context}
        mail = self.render_mail(template_prefix, email, {"request": current.request, "current_site": None, **whole})
        text = str(mail.body)
        rich = [str(part[0]) for part in getattr(mail, "alternatives", [])]
        outbox.post(
            key=f"account:{uuid4()}",
            to=email,
            message=Sealed(
                language=language,
                subject=mail.subject,
                text=text,
                html=rich[0] if rich else linebreaks(urlize(text, autoescape=True)),
            ),
            now=timezone.now(),
        )

    def format_email_subject(self, subject: str) -> str:
        return subject

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who signed in a moment ago is not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The second factor where there is one: a stolen password alone repeats no deed."""
        methods = super().get_reauthentication_methods(user)
        return [one for one in methods if one["id"] == "mfa_reauthenticate"] or methods

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user: Any = request.user
        for role, page in FIRST_PAGE.items():
            if has_seat(user, role):
                return reverse(page)
        if user.is_association:
            return reverse("association_home")
        return str(super().get_login_redirect_url(request))


class MfaAdapter(DefaultMFAAdapter):
    pass


class SecondFactorMiddleware:
    """Sends customs staff without a second factor to set one up, whatever page they ask for, public ones apart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if reads_no_session(view):
            return None
        user: Any = request.user
        name = request.resolver_match.view_name if request.resolver_match else ""
        if (
            not user.is_authenticated
            or name.startswith(("account_", "mfa_", "demo_"))
            or name in ("set_language", "javascript-catalog")
        ):
            return None
        if user.is_customs and not is_mfa_enabled(user):
            return redirect(f"{reverse('mfa_activate_totp')}?{urlencode({'next': request.get_full_path()})}")
        return None
