"""The mails of a case, sealed for the post office; text and HTML come from one context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from base import clock, links
from contacts import letters
from contacts.models import User
from delivery.sealed import Sealed

from .models import Case

VERIFY, TRACK, SENT = "case.verify", "case.track", "case.sent"
VERIFY_MAX_AGE_S = 7 * 24 * 3600


def track_url(case: Case, language: str) -> str:
    return letters.address_of("case_track", language, links.sign(TRACK, case.uid.hex))


def please_verify(case: Case) -> Sealed:
    """Goes to an address nobody has verified: the reference and a link, and no text a stranger could choose."""
    link = letters.address_of("case_verify", case.language, links.sign(VERIFY, case.uid.hex))
    return letters.seal("case_verify", case.language, {"reference": case.reference, "link": link})


def received(case: Case) -> Sealed:
    return _with_case(case, "case_received")


def received_again(case: Case) -> Sealed:
    return _with_case(case, "case_again")


def answered(case: Case, words: str, *, asked: str) -> Sealed:
    return _with_case(case, "case_answered", answer=words, asked=asked)


def links_again(cases: Sequence[Case], language: str) -> Sealed:
    """The links of several cases of one address, the newest first."""
    found = [(case, track_url(case, language)) for case in cases]
    return letters.seal("case_links", language, {"found": found, "link": found[0][1]})


def for_holder(case: Case, reader: User) -> Sealed:
    """Tells a colleague that the submitter wrote again; the words themselves stay on the desk."""
    with translation.override(reader.language):
        facts = {"reference": case.reference, "subject": case.subject, "due": _due(case, reader.language)}
        context = {
            "heading": _("Asked again: %(reference)s %(subject)s") % facts,
            "words": _("You have question %(reference)s (%(subject)s). It was asked again; answer by %(due)s.")
            % facts,
            "label": _("Open the question"),
            "link": letters.address_of("case_detail", reader.language, case.reference),
        }
        return letters.seal("desk", reader.language, context)


def for_watcher(cases: Sequence[Case], reader: User, *, heading: Callable[[int], str], view: str) -> Sealed:
    """One line a question: what it is about, until when, and who has it."""
    with translation.override(reader.language):
        lines = [
            _("%(reference)s %(subject)s: by %(due)s, %(holder)s")
            % {
                "reference": case.reference,
                "subject": case.subject,
                "due": _due(case, reader.language),
                "holder": case.assignee or _("nobody has it"),
            }
            for case in cases
        ]
        context = {
            "heading": heading(len(cases)),
            "words": "\n".join(lines),
            "label": _("Open the queue"),
            "link": f"{letters.address_of('case_queue', reader.language)}?view={view}",
        }
        return letters.seal("desk", reader.language, context)


def _with_case(case: Case, what: str, **more: Any) -> Sealed:
    link, due = track_url(case, case.language), _due(case, case.language)
    context = {"reference": case.reference, "case": case, "due": due, "link": link, **more}
    return letters.seal(what, case.language, context)


def _due(case: Case, language: str) -> str:
    with translation.override(language):
        return str(clock.shown(case.due_at, case.zone, language)) if case.due_at else ""
