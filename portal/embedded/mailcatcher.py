"""A mail server that keeps what it is given and shows it on a page: for trying out, never for production."""

from __future__ import annotations

import argparse
import html
import json
import signal
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller

KEPT = 20_000

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem}}
table{{border-collapse:collapse;inline-size:100%}}th,td{{
text-align:start;padding:.4rem .6rem;border-block-end:1px solid #8884;overflow-wrap:anywhere}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere}}a{{color:inherit}}input,button{{font:inherit;padding:.4rem .6rem}}
</style></head><body><header><p><a href="/">All mails</a></p></header><main>{body}</main></body></html>"""


@dataclass(frozen=True)
class Caught:
    number: int
    at: datetime
    sender: str
    to: str
    content: bytes

    def parsed(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError("the default policy makes EmailMessage")
        return message


class Box:
    """The newest mails, shared by the SMTP side and the page."""

    def __init__(self) -> None:
        self.mails: deque[Caught] = deque(maxlen=KEPT)
        self.count = 0
        self._lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self._lock:
            for to in envelope.rcpt_tos:
                self.count += 1
                caught = Caught(self.count, datetime.now(UTC), envelope.mail_from, to, bytes(envelope.content))
                self.mails.appendleft(caught)
        return "250 kept"


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def subject_of(message: EmailMessage) -> str:
    return str(message["subject"] or "(no subject)")


def list_page(box: Box, wanted: str) -> str:
    hits = [mail for mail in list(box.mails) if wanted.casefold() in mail.to.casefold()]
    rows = "".join(
        f"<tr><td>{mail.at:%H:%M:%S} UTC</td><td>{html.escape(mail.to)}</td>"
        f'<td><a href="/mail/{mail.number}">{html.escape(subject_of(mail.parsed()))}</a></td></tr>'
        for mail in hits[:200]
    )
    table = (
        "<table><thead><tr><th>Received</th><th>To</th><th>Subject</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else "<p>No mail yet. It appears here when the portal sends one; load the page again.</p>"
    )
    form = (
        '<form><label for="to">Mails to</label> '
        f'<input id="to" name="to" value="{html.escape(wanted)}"> <button>Find</button></form>'
    )
    return PAGE.format(title="Mail catcher", body=f"<h1>{len(hits)} mails caught</h1>{form}{table}")


def mail_page(mail: Caught) -> str:
    message = mail.parsed()
    headers = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>" for name, value in message.items()
    )
    subject = html.escape(subject_of(message))
    return PAGE.format(
        title=subject,
        body=(
            f"<h1>{subject}</h1><p>To {html.escape(mail.to)}, {mail.at:%Y-%m-%d %H:%M:%S} UTC. "
            f'<a href="/mail/{mail.number}/html">The HTML part</a></p>'
            f"<pre>{html.escape(body_of(message, 'plain'))}</pre><h2>Headers</h2><table>{headers}</table>"
        ),
    )


def as_json(box: Box) -> str:
    return json.dumps(
        [{"to": mail.to, "subject": str(mail.parsed()["subject"]), "number": mail.number} for mail in list(box.mails)]
    )


def handler_for(box: Box) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            found = next((m for m in list(box.mails) if parts[0] == "mail" and str(m.number) == parts[1]), None)
            if url.path == "/":
                self.answer(list_page(box, parse_qs(url.query).get("to", [""])[0]))
            elif url.path == "/mails.json":
                self.answer(as_json(box), "application/json")
            elif found and parts[2:] == ["html"]:
                self.answer(body_of(found.parsed(), "html") or "<p>No HTML part.</p>")
            elif found:
                self.answer(mail_page(found))
            else:
                self.answer(PAGE.format(title="Not here", body="<h1>No such mail</h1>"), status=404)

        def answer(self, text: str, kind: str = "text/html", status: int = 200) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--smtp-port", type=int, required=True)
    arguments.add_argument("--http-port", type=int, required=True)
    ports = arguments.parse_args()
    box = Box()
    smtp = Controller(box, hostname="127.0.0.1", port=ports.smtp_port, server_kwargs={"enable_SMTPUTF8": True})
    smtp.start()
    web = ThreadingHTTPServer(("127.0.0.1", ports.http_port), handler_for(box))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=web.shutdown).start())
    web.serve_forever()
    smtp.stop()


if __name__ == "__main__":
    main()
