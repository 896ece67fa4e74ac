"""Beat, which hangs no bell where too many hang already.

An expiry would do that too, but it compares two machines' clocks: a worker a minute ahead would drop every bell.
"""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler

from base import queues


class Scheduler(PersistentScheduler):
    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        if queues.is_full(entry.options["queue"]):
            return None
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
