"""A mail server that keeps what it is given and shows it on a page: for trying out, never for production.

It stands for the whole world: a button beside each mail lets it come back, and what is for our own domain does.
"""

from __future__ import annotations

import argparse
import asyncio
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
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller

from .answers import ANSWERS, answer, hand_in, is_for
from .others import HOOK, MOST, Others, calls_page, tabs, texts_page

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


@dataclass(frozen=True)
class Home:
    """Where mail comes in at ours: the LMTP port, 0 if there is none, and the domain that leads there."""

    port: int = 0
    domain: str = ""


class Box:
    """The newest mails, shared by the SMTP side and the page."""

    def __init__(self, home: Home = Home()) -> None:
        self.home = home
        self.mails: deque[Caught] = deque(maxlen=KEPT)
        self.count = 0
        self._lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        content = bytes(envelope.content)
        for to in envelope.rcpt_tos:
            if self.home.port and is_for(self.home.domain, to):
                said = await asyncio.to_thread(self.bring, content, to, envelope.mail_from)
                if not said.startswith("250"):
                    return f"550 5.1.1 {said}" if said.startswith("5") else "451 4.3.0 our own door is closed"
            else:
                self.keep(content, to, envelope.mail_from)
        return "250 kept"

    def keep(self, content: bytes, to: str, sender: str) -> None:
        with self._lock:
            self.count += 1
            self.mails.appendleft(Caught(self.count, datetime.now(UTC), sender, to, content))

    def bring(self, content: bytes, to: str, sender: str) -> str:
        """Hands a mail in at ours; what was said there."""
        return hand_in(content, to=to, sender=sender, host="127.0.0.1", port=self.home.port)

    def found(self, number: str) -> Caught | None:
        return next((mail for mail in list(self.mails) if str(mail.number) == number), None)


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
    return PAGE.format(title="Mail catcher", body=f"{tabs('/')}<h1>{len(hits)} mails caught</h1>{form}{table}")


def back_form(mail: Caught, said: str) -> str:
    """Buttons that let the mail come back; none for a mail without a sender, which nobody answers."""
    buttons = "".join(
        f'<button name="what" value="{name}">{html.escape(one.label)}</button> ' for name, one in ANSWERS.items()
    )
    told = f"<p role=status><strong>{html.escape(said)}</strong></p>" if said else ""
    form = f'<form method="post" action="/mail/{mail.number}/back">{buttons}</form>'
    return f"<h2>Let it come back</h2>{told}{form}" if mail.sender else ""


def mail_page(mail: Caught, *, back: bool = False, said: str = "") -> str:
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
            f"<pre>{html.escape(body_of(message, 'plain'))}</pre>{back_form(mail, said) if back else ''}"
            f"<h2>Headers</h2><table>{headers}</table>"
        ),
    )


def as_json(box: Box) -> str:
    return json.dumps(
        [{"to": mail.to, "subject": str(mail.parsed()["subject"]), "number": mail.number} for mail in list(box.mails)]
    )


def handler_for(box: Box, others: Others) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            found = box.found(parts[1]) if parts[0] == "mail" and len(parts) > 1 else None
            if url.path == "/":
                self.answer(list_page(box, parse_qs(url.query).get("to", [""])[0]))
            elif url.path == "/texts":
                self.answer(PAGE.format(title="Text messages", body=texts_page(others)))
            elif url.path == "/calls":
                self.answer(PAGE.format(title="Webhook calls", body=calls_page(others)))
            elif url.path == "/mails.json":
                self.answer(as_json(box), "application/json")
            elif found and parts[2:] == ["html"]:
                self.answer(body_of(found.parsed(), "html") or "<p>No HTML part.</p>")
            elif found:
                self.answer(mail_page(found, back=bool(box.home.port)))
            else:
                self.nothing()

        def do_POST(self) -> None:
            """A button of a mail's page; a page from elsewhere may press none."""
            if self.path == HOOK:
                size = min(int(self.headers.get("Content-Length") or 0), MOST)
                others.called(dict(self.headers), self.rfile.read(size))
                self.answer("taken", "text/plain")
                return
            parts = self.path.strip("/").split("/")
            found = box.found(parts[1]) if len(parts) == 3 and parts[::2] == ["mail", "back"] else None
            length = int(self.headers.get("Content-Length") or 0)
            what = parse_qs(self.rfile.read(min(length, 1_000)).decode("ascii", "replace")).get("what", [""])[0]
            origin = self.headers.get("Origin")
            if origin and urlsplit(origin).netloc != self.headers.get("Host"):
                self.nothing()
            elif found and what in ANSWERS and box.home.port:
                to = f"abuse@{box.home.domain}" if what == "complaint" else found.sender
                raw = answer(what, mail=found.parsed(), sender=found.sender, to=found.to)
                said = f"{ANSWERS[what].label}: {box.bring(raw, to, '')}"
                self.answer(mail_page(found, back=True, said=said))
            else:
                self.nothing()

        def nothing(self) -> None:
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
    arguments.add_argument("--lmtp-port", type=int, default=0, help="where mail comes in at ours")
    arguments.add_argument("--domain", default="", help="whose mail comes in there")
    arguments.add_argument("--texts", type=Path, help="the file of the text messages")
    ports = arguments.parse_args()
    box = Box(Home(ports.lmtp_port, ports.domain))
    smtp = Controller(box, hostname="127.0.0.1", port=ports.smtp_port, server_kwargs={"enable_SMTPUTF8": True})
    smtp.start()
    web = ThreadingHTTPServer(("127.0.0.1", ports.http_port), handler_for(box, Others(ports.texts)))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=web.shutdown).start())
    web.serve_forever()
    smtp.stop()


if __name__ == "__main__":
    main()
