"""Old rows go in short steps, each a transaction of its own, and only while nothing urgent wants the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg2.errors import QueryCanceled

MOST = 1_000  # rows a step
STATEMENT_S = 5.0
log = logging.getLogger(__name__)


def in_steps(old: QuerySet[Any], act: Callable[[QuerySet[Any]], object], *, busy: Callable[[], bool]) -> int:
    """Lets `act` delete or change `old`, after which they must be old no more; returns how many rows.

    What is left when something becomes `busy`, or when a statement takes too long, is for the next bell. A row that
    somebody else is changing is for the next bell too.
    """
    done = 0
    while not busy():
        try:
            count = _step(old, act)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            log.warning("purge of %s took more than %s s and goes on later", old.model._meta.label, STATEMENT_S)
            break
        done += count
        if count < MOST:
            break
    return done


def _step(old: QuerySet[Any], act: Callable[[QuerySet[Any]], object]) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(STATEMENT_S * 1000)}ms"])
        locked = old.order_by("pk").select_for_update(skip_locked=True)
        keys = list(locked.values_list("pk", flat=True)[:MOST])
        if keys:
            act(old.model._base_manager.filter(pk__in=keys))
    return len(keys)
