"""One thing after the other: what goes wrong with one version is logged and keeps no other from its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from .models import Version

logger = logging.getLogger(__name__)


def each(versions: Iterable[Version], act: Callable[[Version], bool]) -> int:
    """How many versions something was done for."""
    done = 0
    for version in versions:
        try:
            done += act(version)
        except Exception:
            logger.exception("version %s was passed over", version.uid)
    return done
