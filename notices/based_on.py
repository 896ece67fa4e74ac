"""What a version says of the message from outside that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOMENTS = ("sent_at", "fetched_at", "expires")


@dataclass(frozen=True)
class BasedOn:
    """`name`: who publishes it; `sender`: who signed it; `expires`: how long the message holds; `item`: its uid."""

    name: str
    item: str
    fetched_at: datetime
    url: str = ""
    sender: str = ""
    sent_at: datetime | None = None
    expires: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        moments = {name: moment.isoformat() for name in MOMENTS if (moment := getattr(self, name))}
        return {"name": self.name, "item": self.item, "url": self.url, "sender": self.sender, **moments}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> BasedOn:
        moments = {name: datetime.fromisoformat(facts[name]) for name in MOMENTS if name in facts}
        return cls(**{**facts, **moments})
