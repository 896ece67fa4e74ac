"""No log holds a link that still opens something: whoever reads logs must not be able to answer, leave or come in."""

from __future__ import annotations

import logging
import re

# A slash may be quoted, where the address stands in another one (`next=%2Fen…`).
_SLASH = "(?:/|%2F|%252F)"
_TOKEN = re.compile(
    rf"""(?P<before>{_SLASH}(?:confirm|invitation|key|leave|manage|sent|track){_SLASH})"""
    r"""(?:(?!%2F|%252F)[^\s/?"'<>&]){8,}""",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    return _TOKEN.sub(r"\g<before>***", text)


class WithoutTokens(logging.Filter):
    """Rewrites the record itself, message and traceback, so that no handler after it sees a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


def mask_gunicorn() -> None:
    """Gunicorn's two loggers keep their own handlers; dictConfig would take them away."""
    for name in ("gunicorn.access", "gunicorn.error"):
        logging.getLogger(name).addFilter(WithoutTokens())
