"""What goes out, word for word: one function for the sender, the preview and the test copy."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from base import clock
from base.text import labelled
from base.words import CapStatus, MsgType
from delivery.sealed import GREETING, LEAVE_URL, WHY, Sealed, unmarked

from . import changes, timeline, truth_of
from .kinds import KINDS
from .models import Text, Version
from .sms import Facts, short_text
from .wording import headline, wording

LONGEST_SHARED = 480


def zone_of(version: Version) -> str:
    first = next(iter(version.rows.all()), None)
    return version.time_zone or (first.time_zone if first else "UTC")


def permanent_url(version: Version) -> str:
    return f"{settings.FAIRWAY_SITE_URL}/n/{version.notice.reference or 'draft'}/{version.number}"


def context(version: Version, language: str, *, now: datetime) -> dict[str, Any]:
    """Everything the text mail and the HTML mail are made from; what was issued reads as at its issue."""
    text: Text = version.text_in(language)
    zone = zone_of(version)
    said = wording(version, text.language)
    title = unmarked(text.title)
    corrected, spoken_in = version.correction_in(language)
    return {
        "language": text.language,
        "version": version,
        "reference": version.notice.reference or "",
        "kind": str(KINDS[version.notice.kind].name),
        "office": said.office,
        "exercise": version.status != CapStatus.ACTUAL,
        "cancelled": version.msg_type == MsgType.CANCEL,
        "title": title,
        "truth_line": said.truth_line,
        "time_line": timeline.time_line(version, text.language, zone, at=version.issued_at or now),
        "headline": f"{title.rstrip('.')}. {said.truth_line}",
        "action": "" if version.action == Version.Action.ISSUE else version.get_action_display(),
        "correction": (unmarked(corrected), spoken_in),
        "changes": _changes(version, language),
        "clauses": said.clauses,
        "body": unmarked(text.body),
        "instruction": unmarked(text.instruction),
        "contact": unmarked(version.contact),
        "own_times": said.own_times,
        "diversion": said.diversion,
        "starts": clock.shown(version.starts_at, zone, text.language) if version.starts_at else None,
        "ends": clock.shown(version.ends_at, zone, text.language) if version.ends_at else None,
        "next_update": (
            clock.shown(version.next_update_at, zone, text.language) if version.next_update_at else None
        ),
        "url": permanent_url(version),
        "service_name": settings.FAIRWAY_SERVICE_NAME,
        "greeting": GREETING,
        "why": WHY,
        "leave_url": LEAVE_URL,
        "places": [place.name for place in said.rows],
    }


def _changes(version: Version, language: str) -> list[changes.Change]:
    """What an update says otherwise; a withdrawal says it in its first words, and the marks of the pipe stay out."""
    before = changes.before(version) if version.msg_type == MsgType.UPDATE else None
    found = changes.between(before, version, language) if before else []
    return [
        changes.Change(unmarked(one.what), unmarked(one.before), unmarked(one.after), one.language) for one in found
    ]


def _template(name: str, facts: dict[str, Any]) -> str:
    return render_to_string(f"messages/notice/{name}", facts)


def mail(
    version: Version, language: str, *, now: datetime, words: str = "",
    variant: str = "", sender_name: str = "", test: bool = False, heading: str = "", note: str = "",
) -> Sealed:  # fmt: skip
    """The sealed mail in one language; `words` are an association's own, above the frozen text.

    `heading` stands first in subject and text, such as "Copy"; `note` is a sentence of ours below it.
    """
    with translation.override(language):
        facts = context(version, language, now=now)
        facts |= {"words": words, "sender_name": sender_name, "test": test, "heading": heading, "note": note}
        parts = [part for part in (heading, facts["action"]) if part]
        facts["subject"] = reduce(lambda said, part: labelled(part, said), reversed(parts), facts["headline"])
        subject = " ".join(_template("issued.subject.txt", facts).split())
        return Sealed(
            language=language,
            subject=subject,
            text=_template("issued.txt", facts),
            html=_template("issued.html", facts),
            variant=variant,
            headers=_threading(version),
        )


def _threading(version: Version) -> dict[str, str]:
    """One thread in the reader's mailbox for all versions of a notice (RFC 5322, 3.6.4)."""
    return {"References": f"<notice.{version.notice.uid}@{settings.FAIRWAY_MAIL_DOMAIN}>"}


def sms(version: Version, language: str, *, home: frozenset[str] = frozenset()) -> str:
    """The short text for a reader at the places `home`; what is left out and in which order: notices.sms."""
    return short_text(replace(_short_facts(version, language), home=home))


def _short_facts(version: Version, language: str) -> Facts:
    text: Text = version.text_in(language)
    names, modes = truth_of.names_and_modes(version, text.language)
    return Facts(
        reference=version.notice.reference or "",
        title=text.title,
        url=permanent_url(version),
        rows=truth_of.rows_of(version),
        language=text.language,
        place_names=names,
        place_modes=modes,
        again=truth_of.reopens(version),
        withdrawn=version.msg_type == MsgType.CANCEL,
        exercise=version.status != CapStatus.ACTUAL,
    )


def pass_on(version: Version, language: str, *, now: datetime) -> str:
    """What a reader copies into a chat: number, headline, times, address, in at most `LONGEST_SHARED` signs.

    The next update goes first, then all times but the start of what is only planned, then the title; the truth line
    and what it says of cargo never.
    """
    zone, head, url = zone_of(version), f"{version.notice.reference} v{version.number}:", permanent_url(version)
    times = timeline.time_line(version, language, zone, at=now)
    starts_at = version.starts_at
    start = clock.shown(starts_at, zone, language) if starts_at and starts_at > now else ""
    brief = labelled(_("Starts"), start) if start else ""
    whole = headline(version, language)
    least = short_text(replace(_short_facts(version, language), reference="", url=""))
    text = ""
    for said, when in ((whole, times), (whole, brief), (least, brief)):
        text = " ".join(part for part in (head, said, when, url) if part)
        if len(text) <= LONGEST_SHARED:
            break
    return text
