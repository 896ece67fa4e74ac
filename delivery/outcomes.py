"""What a channel says about one delivery. At the wire, results are values; exceptions mean our own bug."""

from __future__ import annotations

from typing import NamedTuple

from .states import State


class Outcome(NamedTuple):
    """`code` is the server's own (SMTP: three digits), or a word of ours such as "cut"."""

    id: int
    state: State
    code: str = ""
    reply: str = ""
