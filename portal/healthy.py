"""`python -m portal.healthy`: ends with 0 when the web server on this machine is ready. Needs no Django."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def main() -> int:
    site = urlsplit(os.environ.get("FAIRWAY_SITE_URL", "http://localhost:8000"))
    port = os.environ.get("PORT", "8000")
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": site.hostname or "localhost"})
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - this machine's own port
            return int(answer.status != 200)
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
