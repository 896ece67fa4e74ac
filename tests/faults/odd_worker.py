"""A real worker, of which one thing is odd: its clock is wrong, or a certain mail kills it.

`python -m tests.faults.odd_worker <arguments of celery>` with `ODD_CLOCK_S` (seconds by which its clock is ahead) or
`ODD_FATAL` (an address: whoever makes a mail to it dies of kill -9) in the environment.
"""

from __future__ import annotations

import datetime
import os
import signal
import sys
import time
from typing import Any

_Real = datetime.datetime


class _Passes(type):
    """What C code and other modules have made passes for one of ours."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Real)


def shift_clock(seconds: float) -> None:
    """Every clock of the wall in this process and its children, but not the monotonic one, as after a real jump."""
    ahead, real_time, real_time_ns = datetime.timedelta(seconds=seconds), time.time, time.time_ns

    class Shifted(_Real, metaclass=_Passes):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return _Real(*args, **kwargs)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return _Real.now(tz) + ahead

        @classmethod
        def utcnow(cls) -> Any:
            return _Real.now(datetime.UTC).replace(tzinfo=None) + ahead

        @classmethod
        def today(cls) -> Any:
            return _Real.now() + ahead

    datetime.datetime = Shifted  # type: ignore[misc]
    time.time = lambda: real_time() + seconds
    time.time_ns = lambda: real_time_ns() + int(seconds * 1e9)


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
    if "ODD_CLOCK_S" in os.environ:
        shift_clock(float(os.environ["ODD_CLOCK_S"]))
    if "ODD_FATAL" in os.environ:
        die_of(os.environ["ODD_FATAL"])
    from celery.bin.celery import main

    sys.argv[0] = "celery"
    main()
