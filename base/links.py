"""Signed links: a purpose, a value and a seal, so that a link for one thing never opens another."""

from __future__ import annotations

from typing import Any

from django.core import signing


class BadLink(Exception):
    """A link that is not ours, was changed, is for another purpose, or is too old."""


def sign(purpose: str, value: Any) -> str:
    """URL-safe token for a JSON-able `value`."""
    return signing.dumps(value, salt=f"fairway.link.{purpose}", compress=False)


def read(purpose: str, token: str, max_age_s: int | None = None) -> Any:
    """The value that `sign` was given; raises `BadLink`."""
    try:
        return signing.loads(token, salt=f"fairway.link.{purpose}", max_age=max_age_s)
    except signing.BadSignature as error:
        raise BadLink(purpose) from error
