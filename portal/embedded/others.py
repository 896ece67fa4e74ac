"""Other people's machines in the demo: which text messages and calls came, on two pages of the mail catcher."""

from __future__ import annotations

import html
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KEPT = 500
SHOWN = 100
MOST = 256 * 1024
HOOK = "/hook"
TABS = (("/", "Mails"), ("/texts", "Text messages"), ("/calls", "Webhook calls"))


@dataclass(frozen=True)
class Call:
    at: datetime
    headers: dict[str, str]
    body: str


class Others:
    """`texts`: the file that `file://` of FAIRWAY_SMS_URL names, if there is one."""

    def __init__(self, texts: Path | None = None) -> None:
        self.texts = texts
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def called(self, headers: Mapping[str, str], body: bytes) -> None:
        kept = {name: value for name, value in headers.items() if name.lower().startswith("webhook-")}
        with self._lock:
            self.calls.appendleft(Call(datetime.now(UTC), kept, body.decode("utf-8", "replace")))


def tabs(here: str) -> str:
    links = [
        f"<strong>{name}</strong>" if path == here else f'<a href="{path}">{name}</a>' for path, name in TABS
    ]
    return f"<nav aria-label=Caught><p>{' · '.join(links)}</p></nav>"


def texts_page(others: Others) -> str:
    lines = _lines(others.texts)
    rows = "".join(
        f"<tr><td>{_cell(one, 'at')}</td><td>{_cell(one, 'to')}</td><td><pre>{_cell(one, 'text')}</pre></td></tr>"
        for one in lines
    )
    table = f"<table><thead><tr><th>Sent</th><th>To</th><th>Text</th></tr></thead><tbody>{rows}</tbody></table>"
    return f"{tabs('/texts')}<h1>Text messages</h1>{table if rows else '<p>No text message yet.</p>'}"


def _lines(path: Path | None) -> list[dict[str, str]]:
    """The newest first."""
    if path is None or not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        last = deque(file, maxlen=SHOWN)
    return [json.loads(line) for line in reversed(last) if line.endswith("\n")]


def _cell(one: Mapping[str, str], name: str) -> str:
    return html.escape(str(one.get(name, "")))


def calls_page(others: Others) -> str:
    parts = "".join(
        f"<h2>{call.at:%H:%M:%S} UTC</h2>"
        f"<pre>{html.escape(_head(call))}</pre><pre>{html.escape(_pretty(call.body))}</pre>"
        for call in list(others.calls)[:SHOWN]
    )
    return f"{tabs('/calls')}<h1>Webhook calls</h1>{parts or '<p>No call yet.</p>'}"


def _head(call: Call) -> str:
    return "\n".join(f"{name}: {value}" for name, value in call.headers.items())


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
