"""A real worker that a certain mail kills.

`python -m tests.faults.fatal_worker ADDRESS <arguments of celery>`: whoever makes a mail to it dies of kill -9.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def die_of(address: str) -> None:
    from celery.signals import worker_process_init

    def arm(**kwargs: Any) -> None:
        from delivery import envelope

        make = envelope.Letter.data

        def data(letter: Any, *, to: bytes, **more: Any) -> Any:
            if to.decode() == address:
                os.kill(os.getpid(), signal.SIGKILL)
            return make(letter, to=to, **more)

        envelope.Letter.data = data  # type: ignore[method-assign]

    worker_process_init.connect(arm, weak=False)


if __name__ == "__main__":
    die_of(sys.argv.pop(1))
    from celery.bin.celery import main

    sys.argv[0] = "celery"
    main()
