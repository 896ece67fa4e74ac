"""The mails of a case, sealed for the post office; text and HTML come from one context."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from base import clock, links
from delivery.sealed import Sealed

from .models import Case

VERIFY, TRACK, SENT = "case.verify", "case.track", "case.sent"
VERIFY_MAX_AGE_S = 7 * 24 * 3600


def address_of(case: Case, name: str, purpose: str) -> str:
    """The absolute address of a page of this case behind a signed link."""
    return f"{settings.FAIRWAY_SITE_URL}{reverse(name, args=[links.sign(purpose, case.uid.hex)])}"


def please_verify(case: Case) -> Sealed:
    """Goes to an address nobody has verified: the reference and a link, and no text a stranger could choose."""
    with translation.override(case.language):
        link = address_of(case, "case_verify", VERIFY)
        return _seal(case, "case_verify", {"reference": case.reference, "link": link})


def received(case: Case) -> Sealed:
    return _with_case(case, "case_received")


def answered(case: Case, words: str) -> Sealed:
    return _with_case(case, "case_answered", answer=words)


def _with_case(case: Case, what: str, **more: Any) -> Sealed:
    with translation.override(case.language):
        link = address_of(case, "case_track", TRACK)
        due = clock.shown(case.due_at, case.zone, case.language) if case.due_at else None
        return _seal(case, what, {"reference": case.reference, "case": case, "due": due, "link": link, **more})


def _seal(case: Case, what: str, context: dict[str, Any]) -> Sealed:
    whole = {**context, "service_name": settings.FAIRWAY_SERVICE_NAME, "language": case.language}
    subject = render_to_string(f"messages/mail/{what}.subject.txt", whole)
    return Sealed(
        language=case.language,
        subject=" ".join(subject.split()),
        text=render_to_string(f"messages/mail/{what}.txt", whole),
        html=render_to_string(f"messages/mail/{what}.html", whole),
    )
