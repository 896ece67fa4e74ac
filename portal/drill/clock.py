"""`python -m portal.drill.clock SECONDS …`: what follows, as a worker whose clock is so many seconds ahead."""

from __future__ import annotations

import datetime
import sys
import time
from typing import Any

_Real = datetime.datetime


class _Passes(type):
    """What C code and other modules have made passes for one of ours."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Real)


def shift(seconds: float) -> None:
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


def main() -> None:
    shift(float(sys.argv.pop(1)))
    from celery.bin.celery import main as celery  # noqa: PLC0415 - only now, so that it takes the shifted clock

    sys.argv[0] = "celery"
    celery()


if __name__ == "__main__":
    main()
