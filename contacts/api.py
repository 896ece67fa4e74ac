"""How a program shows its key to the REST API, and what the key must allow."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from base.clock import now as clock_now

from . import api_keys
from .models import ApiKey, Scope, User


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer fw_…` (RFC 6750). Nothing shown is nobody; what opens nothing is refused."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        shown = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not shown:
            return None
        if len(shown) != 2 or shown[0].lower() != "bearer":
            raise AuthenticationFailed(_("Show a key as “Authorization: Bearer …”, or nothing at all."))
        if settings.HTTPS and not request.is_secure():
            raise AuthenticationFailed(_("Send a key over https alone. This one was readable on its way: revoke it."))
        key = api_keys.find(shown[1], now=clock_now())
        if key is None:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked."))
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key, made on the page “API keys”."}


class MayDraft(BasePermission):
    """Needs a key with the scope of drafts: 401 without a key, 403 with another."""

    message = Scope.DRAFT.value

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise NotAuthenticated(_("This needs a key: “Authorization: Bearer …”."))
        self.message = _("This key has no scope %(scope)s.") % {"scope": Scope.DRAFT}
        return Scope.DRAFT in request.auth.scopes
