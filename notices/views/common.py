"""What the desk's views share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest

from base.access import Can, hide
from base.errors import Refused
from notices.models import Version


def version_for(request: HttpRequest, uid: UUID) -> Version:
    """The version, if this person may know that it exists; else 404, so that nobody learns of drafts."""
    version: Version | None = (
        Version.objects.select_related("notice__office", "author", "submitted_by", "decided_by")
        .prefetch_related("texts", "rows__place")
        .filter(uid=uid)
        .first()
    )
    user: Any = request.user
    if version is None:
        raise Http404
    hide(user, Can.SEE_DRAFTS, version)
    return version


def tell(request: HttpRequest, refused: Refused) -> None:
    """A refusal as a message at the top of the next page."""
    messages.error(request, str(refused))
