"""When beat is silent, the workers ring in its place: nothing hangs on one process (reliability of the pump)."""

from __future__ import annotations

import logging
import random
import threading

from celery import Celery
from django.db import Error, connection
from kombu.exceptions import OperationalError
from redis import RedisError

from base import heartbeat, queues

log = logging.getLogger(__name__)

SILENT_S = 40.0  # beat is written down each quarter of a minute
LOOK_S = 5.0
OFTEN_S = 30.0  # what beat rings for so often, the look for alarms too; the rest waits until it is back


def stand_in(app: Celery) -> bool:
    """Rings for everything that cannot wait, if beat is silent and no other worker has just done so."""
    if heartbeat.ages().get("beat", SILENT_S) < SILENT_S or not heartbeat.take("stand-in", LOOK_S - 1):
        return False
    for entry in app.conf.beat_schedule.values():
        if entry["schedule"] <= OFTEN_S and not queues.is_full(entry["options"]["queue"]):
            app.send_task(entry["task"], kwargs=entry["kwargs"], retry=False, **entry["options"])
    return True


def _look(app: Celery) -> None:
    try:
        if stand_in(app):
            log.warning("beat is silent: its bells were rung here")
    except (Error, OperationalError, RedisError, OSError) as error:
        log.warning("nobody could be rung for: %s", error)
    finally:
        connection.close()  # a child that is forked now must not inherit it


def start(app: Celery) -> None:
    """Looks every few seconds, for the life of this process."""
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(random.uniform(LOOK_S - 1, LOOK_S + 1)):  # noqa: S311 - only spread
            _look(app)

    threading.Thread(target=watch, name="stand-in", daemon=True).start()
