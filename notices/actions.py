"""The buttons on what is in force, as data: each opens the next version with something written already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.words import MsgType, PlaceStatus, Severity, Urgency

from .drafting import Draft
from .models import Version

Action = Version.Action
SHOWN_FOR = timedelta(hours=24)  # an all-clear stays among what is in force for a day, so that everybody sees it


def _as_it_is(draft: Draft, now: datetime) -> Draft:
    """A promise or an estimate that is past says nothing about the time to come."""
    due, latest = draft.fields["next_update_at"], draft.fields["reopens_latest"]
    gone: dict[str, Any] = {"next_update_at": None} if due and due <= now else {}
    if latest and latest <= now:
        gone |= {"reopens_earliest": None, "reopens_latest": None}
    return replace(draft, fields=draft.fields | gone)


def _open_again(draft: Draft, now: datetime) -> Draft:
    """Every row open since now. `ends_at` alone decides what is in force: in a day the notice is over by itself."""
    since = now.replace(second=0, microsecond=0)
    rows = [_opened(row) | _starting(row, since) for row in draft.rows]
    fields: dict[str, Any] = {
        "starts_at": since,
        "ends_at": since + SHOWN_FOR,
        "reopens_earliest": None,
        "reopens_latest": None,
        "next_update_at": None,
        "severity": Severity.MINOR,
        "urgency": Urgency.PAST,
        "diversion": {},
        "crews": "",
    }
    return replace(draft, fields=draft.fields | fields, rows=rows)


def _taken_back(draft: Draft, now: datetime) -> Draft:
    """A withdrawal promises nothing and says what holds now: that places are open, unless the officer changes it."""
    nothing: dict[str, Any] = {"next_update_at": None, "reopens_earliest": None, "reopens_latest": None}
    return replace(draft, fields=draft.fields | nothing, rows=[_opened(row) for row in draft.rows])


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"status": PlaceStatus.OPEN, "qualifier": {}}


def _starting(row: dict[str, Any], since: datetime) -> dict[str, Any]:
    local = since.astimezone(ZoneInfo(row["time_zone"])).strftime("%Y-%m-%dT%H:%M")
    return {"starts_at": since, "starts_local": local, "ends_at": None, "ends_local": ""}


@dataclass(frozen=True)
class Step:
    """One button on what is in force. `part`: where on the form one begins; `prefill`: what is written there."""

    action: Action
    button: str | Promise
    hint: str | Promise
    prefill: Callable[[Draft, datetime], Draft] = _as_it_is
    msg_type: MsgType = MsgType.UPDATE
    part: str = "rows"
    asks_note: bool = False


STEPS: dict[str, Step] = {
    str(step.action): step
    for step in (
        Step(
            action=Action.UPDATE,
            button=_("Write an update"),
            hint=_("Something is different now. Readers see what has changed."),
        ),
        Step(
            action=Action.EXTEND,
            button=pgettext_lazy("button", "Extend"),
            hint=_("It lasts longer. Only the times change."),
            part="times",
        ),
        Step(
            action=Action.CORRECT,
            button=pgettext_lazy("button", "Correct"),
            hint=_("What was published is wrong. Readers see what was wrong, and the first text stays readable."),
            asks_note=True,
        ),
        Step(
            action=Action.ALL_CLEAR,
            button=_("Give the all-clear"),
            hint=_("It is over. Everything opens again; after a day the notice leaves the list by itself."),
            prefill=_open_again,
        ),
        Step(
            action=Action.WITHDRAW,
            button=_("Withdraw this notice"),
            hint=_("It should not have been published, or will not happen. Everybody who had it is told."),
            prefill=_taken_back,
            msg_type=MsgType.CANCEL,
        ),
    )
}
