"""One message from outside, whatever form it came in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from base.words import CapStatus, MsgType

MOMENTS = ("sent_at", "onset", "expires")
CONTENT = ("title", "texts", "severity", "urgency", "certainty", "onset", "expires", "areas", "msg_type")


@dataclass(frozen=True)
class Area:
    """A place as the message names it: its words and, where it gives any, UN/LOCODEs."""

    name: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """`identity` is the same whenever the same message comes again; `texts`: language tag → title, body, instruction.

    `refers`: the (sender, identifier) of earlier messages that it updates or cancels.
    """

    identity: str
    title: str
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    identifier: str = ""
    sender: str = ""
    sender_name: str = ""
    sent_at: datetime | None = None
    link: str = ""
    status: str = CapStatus.ACTUAL
    msg_type: str = MsgType.ALERT
    category: str = ""
    severity: str = ""
    urgency: str = ""
    certainty: str = ""
    onset: datetime | None = None
    expires: datetime | None = None
    areas: tuple[Area, ...] = ()
    refers: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        facts = asdict(self)
        return facts | {name: facts[name].isoformat() if facts[name] else None for name in MOMENTS}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Found:
        moments = {name: datetime.fromisoformat(facts[name]) if facts[name] else None for name in MOMENTS}
        areas = tuple(Area(one["name"], tuple(one["codes"])) for one in facts["areas"])
        refers = tuple((sender, identifier) for sender, identifier in facts["refers"])
        return cls(**{**facts, **moments, "areas": areas, "refers": refers})

    @property
    def content(self) -> str:
        """A mark of what it says: another one means that something was changed under the same identity."""
        facts = self.to_json()
        said = json.dumps([facts[name] for name in CONTENT], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment without an offset is taken for UTC: which zone was meant, nobody can tell."""
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
