"""Refusals that an officer can read: each says what is wrong and what to do next."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A wish that the rules forbid; `message` is shown to the person, beside `field` where there is one."""

    message: str | Promise = _("This is not possible.")
    field: str | None = None

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None, **facts: Any) -> None:
        if message is not None:
            self.message = message
        if field is not None:
            self.field = field
        self.facts = facts
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class Conflict(Refused):
    message = _("Somebody else was faster. Here is how it stands now; nothing you typed is lost.")
