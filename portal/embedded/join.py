"""`./run manage …`: `manage.py` on the servers of the running site, or on servers started for its time."""

from __future__ import annotations

import subprocess
import sys

from . import servers
from .processes import CHECKOUT, data_folder


def main() -> None:
    with servers.joined(data_folder()) as environment:
        done = subprocess.run([sys.executable, "manage.py", *sys.argv[1:]], env=environment, cwd=CHECKOUT)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
