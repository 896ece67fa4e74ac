"""`./run manage …`: `manage.py` on the servers of the running site, or on servers started for its time."""

from __future__ import annotations

import signal
import subprocess
import sys

from . import servers
from .processes import CHECKOUT, data_folder, die_with_parent


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with servers.joined(data_folder()) as environment:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *sys.argv[1:]],
            env=environment,
            cwd=CHECKOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            code = process.wait()
        finally:
            process.terminate()
            process.wait()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
