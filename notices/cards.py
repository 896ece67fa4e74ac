"""A notice as lists and pages show it: one shape, made in Python, shown by templates and feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from base.words import SEVERITY_RANK, MsgType, Severity

from . import render, timeline, truth_of
from .kinds import KINDS
from .lanes import Lane
from .models import Notice, Text, Version
from .wording import Wording, wording

STATES = ("current", "planned", "over", "withdrawn")


@dataclass(frozen=True)
class Card:
    """`state`: "current", "planned", "over" or "withdrawn", computed for `now`; never stored."""

    notice: Notice
    version: Version
    text: Text
    language: str
    status: str
    state: str
    zone: str
    wording: Wording
    time_line: str
    late_by: timedelta | None
    reopening_late: bool
    translated: bool
    published_at: datetime | None  # of its first version

    @property
    def moved_at(self) -> datetime | None:
        """When it last became something else: at its issue, or when it was over."""
        moments = [self.version.issued_at, self.version.ends_at if self.state == "over" else None]
        return max((moment for moment in moments if moment), default=None)

    @property
    def reference(self) -> str:
        return self.notice.reference or ""

    @property
    def headline(self) -> str:
        return f"{self.text.title.rstrip('.')}. {self.truth_line}"

    @property
    def past(self) -> bool:
        """No page shows the status of such a notice as one of now, with its shape and colour."""
        return self.state in ("over", "withdrawn")

    @property
    def quiet(self) -> bool:
        """Neither what is over nor what is only planned is shown in the colours of now."""
        return self.past or self.state == "planned"

    @property
    def state_word(self) -> str:
        return state_words(self.state)

    @property
    def truth_line(self) -> str:
        return self.wording.truth_line

    @property
    def correction(self) -> tuple[str, str]:
        """What was wrong before, and the language that says so."""
        return self.version.correction_in(self.language)

    @property
    def lanes(self) -> list[Lane]:
        """Who may pass now; empty for a notice that is over, withdrawn or only planned."""
        return [] if self.quiet else self.wording.lanes

    @property
    def kind(self) -> str:
        return str(KINDS[self.notice.kind].name)


def state_words(state: str) -> str:
    return {
        "current": _("In force"),
        "planned": _("Planned"),
        "over": _("Over"),
        "withdrawn": _("Withdrawn"),
    }[state]


def state_of(version: Version, now: datetime) -> str:
    """What the version is at `now`: `ends_at` alone decides whether it is over."""
    if version.msg_type == MsgType.CANCEL or version.state == Version.State.WITHDRAWN:
        return "withdrawn"
    if version.ends_at is not None and version.ends_at <= now:
        return "over"
    if version.starts_at is not None and version.starts_at > now:
        return "planned"
    return "current"


def card(version: Version, language: str, now: datetime, published_at: datetime | None = None) -> Card:
    text = version.text_in(language)
    zone = render.zone_of(version)
    state = state_of(version, now)
    live = version.state == Version.State.ISSUED and state in ("current", "planned")
    due = version.next_update_at
    # The system speaks every language itself; only what people typed may wait for its translation.
    spoken = text.language == language[:2]
    return Card(
        notice=version.notice,
        version=version,
        text=text,
        language=text.language,
        status=truth_of.worst_status(version),
        state=state,
        zone=zone,
        wording=wording(version, language),
        time_line=timeline.time_line(version, language, zone, at=now),
        late_by=now - due if live and due and due < now else None,
        reopening_late=bool(live and version.reopens_latest and version.reopens_latest < now),
        translated=spoken,
        published_at=published_at or version.issued_at,
    )


def cards(notices: object, language: str, now: datetime) -> list[Card]:
    """Cards of a `for_cards()` queryset in the order of a list."""
    return sorted(cards_in_order(notices, language, now), key=_order)


def cards_in_order(notices: object, language: str, now: datetime) -> list[Card]:
    """Cards of a `for_cards()` queryset in its own order."""
    found = []
    for notice in notices:  # type: ignore[attr-defined]
        newest, first = notice.public_versions[0], notice.public_versions[-1]
        newest.notice = notice
        found.append(card(newest, language, now, first.issued_at))
    return found


def _order(one: Card) -> tuple[int, int, float]:
    """By state; what is planned by its start, everything else the worst first and then the newest."""
    if one.state == "planned" and one.version.starts_at:
        return STATES.index(one.state), 0, one.version.starts_at.timestamp()
    issued_at = one.version.issued_at.timestamp() if one.version.issued_at else 0.0
    return STATES.index(one.state), SEVERITY_RANK[Severity(one.version.severity)], -issued_at
