"""What a channel says about one delivery. At the wire, results are values; exceptions mean our own bug."""

from __future__ import annotations

from dataclasses import dataclass

from .states import State


@dataclass(frozen=True)
class Outcome:
    """`code` is the server's own (SMTP: three digits), or a word of ours such as "cut"."""

    id: int
    state: State
    code: str = ""
    reply: str = ""
