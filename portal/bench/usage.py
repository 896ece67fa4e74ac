"""What processes cost: CPU seconds and proportional memory, their children included, the ended ones too."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import psutil


def family(roots: Iterable[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in roots:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
    return found


def cpu_s(roots: Iterable[int]) -> float:
    """User and system time so far; of children that ended, what their parent has inherited."""
    total = 0.0
    for process in family(roots):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_mb(roots: Iterable[int]) -> float:
    total = 0
    for process in family(roots):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total / 1e6
