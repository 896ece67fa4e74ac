"""nginx's configuration, from one template. `python -m portal.crowd.conf >docs/nginx.conf` writes production's."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

TEMPLATE = Path(__file__).with_name("nginx.conf.in")
OF_PRODUCTION = """\
        listen 8443 ssl default_server;
        ssl_certificate /run/secrets/tls_certificate;
        ssl_certificate_key /run/secrets/tls_key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:10m;
        ssl_session_tickets off;
"""
TO_TLS = """
    server {
        listen 8080 default_server;
        location = /livez-nginx { access_log off; return 204; }
        location / { return 308 https://$host$request_uri; }
    }
"""
SILENCE = """\
location @silent {
            types {}
            default_type "text/html; charset=utf-8";
            add_header Cache-Control no-store always;
            add_header Retry-After 60 always;
            return 503 $silent;
        }
        location @silent_to_programs {
            types {}
            default_type application/problem+json;
            add_header Cache-Control no-store always;
            add_header Retry-After 60 always;
            return 503 '{"type": "about:blank", "title": "Service Unavailable", "status": 503}';
        }"""
# Where the pages lie that everybody may read; a test holds it against the site's own list of addresses.
PUBLIC = (
    r"^/(?:static/|favicon\.ico$|api/v1/|n/[^/]+/\d+/cap\.xml$"
    r"|[a-z]{2}/(?:$|feed|cap\.|notices[./]|n/|places|map/|crisis/|verify|statistics|widget/|embed/|offices/))"
)


@dataclass(frozen=True)
class Front:
    """One nginx: where it listens, whom it asks, where its files lie. `more`: further servers of `http`."""

    listen: str
    origin: str
    folder: str
    errors: str
    accesses: str
    more: str = ""

    def text(self) -> str:
        made = TEMPLATE.read_text()
        for name, value in (vars(self) | {"silence": SILENCE, "public": PUBLIC}).items():
            made = made.replace(f"@{name}@\n" if name == "listen" else f"@{name}@", value)
        return made


PRODUCTION = Front(
    listen=OF_PRODUCTION, origin="web:8000", folder="/tmp",  # noqa: S108 - the container's own
    errors="/dev/stderr", accesses="/dev/stdout masked", more=TO_TLS,
)  # fmt: skip


def on_loopback(port: int, origin: int, folder: Path, *, more: str = "") -> Front:
    listen = f"        listen 127.0.0.1:{port} default_server;\n"
    return Front(listen, f"127.0.0.1:{origin}", str(folder), str(folder / "nginx.log"), "off", more)


if __name__ == "__main__":
    sys.stdout.write(PRODUCTION.text())
