"""The mails of a case, sealed for the post office; text and HTML come from one context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from base import clock, links
from contacts.models import User
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
        return _seal(case.language, "case_verify", {"reference": case.reference, "link": link})


def received(case: Case) -> Sealed:
    return _with_case(case, "case_received")


def received_again(case: Case) -> Sealed:
    return _with_case(case, "case_again")


def answered(case: Case, words: str, *, asked: str) -> Sealed:
    return _with_case(case, "case_answered", answer=words, asked=asked)


def links_again(cases: Sequence[Case], language: str) -> Sealed:
    """The links of several cases of one address, the newest first."""
    with translation.override(language):
        found = [(case, address_of(case, "case_track", TRACK)) for case in cases]
        return _seal(language, "case_links", {"found": found, "link": found[0][1]})


def for_desk(case: Case, reader: User) -> Sealed:
    """Tells a colleague that the submitter wrote again; the words themselves stay on the desk."""
    with translation.override(reader.language):
        link = f"{settings.FAIRWAY_SITE_URL}{reverse('case_detail', args=[case.reference])}"
        due = clock.shown(case.due_at, case.zone, reader.language) if case.due_at else None
        context = {"reference": case.reference, "case": case, "due": due, "link": link}
        return _seal(reader.language, "case_desk", context)


def _with_case(case: Case, what: str, **more: Any) -> Sealed:
    with translation.override(case.language):
        link = address_of(case, "case_track", TRACK)
        due = clock.shown(case.due_at, case.zone, case.language) if case.due_at else None
        context = {"reference": case.reference, "case": case, "due": due, "link": link, **more}
        return _seal(case.language, what, context)


def _seal(language: str, what: str, context: dict[str, Any]) -> Sealed:
    whole = {**context, "service_name": settings.FAIRWAY_SERVICE_NAME, "language": language}
    subject = render_to_string(f"messages/mail/{what}.subject.txt", whole)
    return Sealed(
        language=language,
        subject=" ".join(subject.split()),
        text=render_to_string(f"messages/mail/{what}.txt", whole),
        html=render_to_string(f"messages/mail/{what}.html", whole),
    )
