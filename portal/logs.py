"""One line a record, without a link that still opens something and without anybody's address or number: whoever reads
logs must not be able to answer, leave or come in, nor learn who is told what.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from portal import tracing

# A slash may be quoted, where the address stands in another one (`next=%2Fen…`).
_SLASH = "(?:/|%2F|%252F)"
_TOKEN = re.compile(
    rf"""(?P<before>{_SLASH}(?:confirm|invitation|key|leave|manage|sent|track){_SLASH})"""
    r"""(?:(?!%2F|%252F)[^\s/?"'<>&]){8,}""",
    re.IGNORECASE,
)
# Bounded, so that no long line takes long; a password before a host name goes with it.
_MAILBOX = re.compile(
    r"""(?:"[^"\n]{1,64}"|[^\s@<>"'(),;\[\]{}|\\=?&]{1,64})(?:@|%40)(?:[\w-]{1,63}\.){1,10}[\w-]{1,63}""",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\+|%2B)[1-9][\d ().-]{5,18}\d", re.IGNORECASE)


def mask(text: str) -> str:
    """`text` without links that open something, mailboxes and telephone numbers."""
    masked = _TOKEN.sub(r"\g<before>***", text)
    return _NUMBER.sub("+***", _MAILBOX.sub("***@***", masked))


class Masked(logging.Filter):
    """Rewrites the record itself, message and traceback, so that no handler after it sees what is masked."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = mask(record.stack_info)
        return True


class AsJson(logging.Formatter):
    """One object a line (UTC); empty facts are left out."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": tracing.request_id.get(),
            "task": tracing.task_name.get(),
            "task_id": tracing.task_id.get(),
            "traceback": record.exc_text or (record.stack_info or ""),
        }
        return json.dumps({name: fact for name, fact in facts.items() if fact}, ensure_ascii=False)


def adopt_gunicorn(fmt: str) -> None:
    """Gunicorn's two loggers keep their own handlers; dictConfig would take them away."""
    for name in ("gunicorn.access", "gunicorn.error"):
        logger = logging.getLogger(name)
        logger.addFilter(Masked())
        if fmt == "json":
            for handler in logger.handlers:
                handler.setFormatter(AsJson())
