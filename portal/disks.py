"""How much room is left where this process can see it: below MEDIA_ROOT, and below each path of FAIRWAY_DISKS."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

GB = 10**9


@dataclass(frozen=True)
class Disk:
    path: str
    total: int
    free: int

    @property
    def is_scarce(self) -> bool:
        """Some percent of a large disk are plenty, and so is half of a small one: both must be little."""
        share: float = self.total * settings.FAIRWAY_DISK_PERCENT / 100
        return self.free < share and self.free < float(settings.FAIRWAY_DISK_GB) * GB


def disks() -> list[Disk]:
    """Each place that this process may ask, once. `free` is what is left for others than root."""
    found = []
    for path in dict.fromkeys(map(Path, (settings.MEDIA_ROOT, *settings.FAIRWAY_DISKS))):
        # Before the first file there is no folder yet.
        try:
            usage = shutil.disk_usage(next(one for one in (path, *path.parents) if one.exists()))
        except OSError as error:
            log.warning("a disk cannot be asked how full it is: %s", error)
            continue
        found.append(Disk(str(path), usage.total, usage.free))
    return found
