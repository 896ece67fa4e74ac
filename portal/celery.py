"""Celery as a doorbell: PostgreSQL knows what must be done, a lost task costs a few seconds and nothing else."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init

from portal.checks import demand_safe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("fairway")
app.set_default()  # for every thread: "current" is one thread's alone, and web workers have several
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = "routine"


UNHEARD_S = 60.0  # wide, since beat and a worker elsewhere may have clocks that differ by seconds


def every(seconds: float, task: str, queue: str) -> dict[str, object]:
    """A beat entry; a ring that nobody heard in time is dropped, the next one follows."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(UNHEARD_S, seconds)}}


app.conf.beat_schedule = {
    "delivery-pump": every(5.0, "delivery.tasks.pump", "critical"),
    "contacts-sweep": every(5.0, "contacts.tasks.sweep", "critical"),
    "notices-hour": every(5.0, "notices.tasks.publish_due", "critical"),
    "notices-promises": every(10.0, "notices.tasks.remind", "critical"),
    "audit-chain": every(5.0, "base.tasks.chain", "digest"),
    "contacts-forget": every(3600.0, "contacts.tasks.forget", "digest"),
    "dialogue-remind": every(60.0, "dialogue.tasks.remind", "routine"),
    "dialogue-forget": every(3600.0, "dialogue.tasks.forget", "digest"),
}
app.autodiscover_tasks()


def _demand_safe(**kwargs: object) -> None:
    demand_safe()


worker_init.connect(_demand_safe)
beat_init.connect(_demand_safe)
