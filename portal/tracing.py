"""Which request a line of a log belongs to, from the page through every task that it rang for."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

HEADER = "fairway_request_id"  # among the headers of a task
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")

request_id: ContextVar[str] = ContextVar("request_id", default="")
task_name: ContextVar[str] = ContextVar("task_name", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")


class RequestId:
    """Takes the proxy's X-Request-ID if it is sane, else makes one; the answer tells it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        known = given if _SANE.fullmatch(given) else uuid4().hex
        # Kept until the next request of this thread: errors and access are logged after the last middleware.
        request_id.set(known)
        answer = self.get_response(request)
        answer["X-Request-ID"] = known
        return answer


def _send_along(headers: dict[str, Any] | None = None, **kwargs: object) -> None:
    if headers is not None and request_id.get():
        headers[HEADER] = request_id.get()


def _begin(task_id: str = "", task: Any = None, **kwargs: object) -> None:
    request_id.set(str(task.request.get(HEADER) or ""))
    _set_task(task.name, task_id)


def _end(**kwargs: object) -> None:
    request_id.set("")
    _set_task("", "")


def _set_task(name: str, identity: str) -> None:
    task_name.set(name)
    task_id.set(identity)


before_task_publish.connect(_send_along)
task_prerun.connect(_begin)
task_postrun.connect(_end)
