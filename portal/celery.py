"""Celery as a doorbell: PostgreSQL knows what must be done, a lost task costs a few seconds and nothing else."""

import os

from celery import Celery
from celery.signals import beat_init, before_task_publish, worker_init, worker_ready
from django.db import close_old_connections

from base import heartbeat
from base.words import Lane
from portal import standin
from portal.checks import demand_safe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("fairway")
app.set_default()  # for every thread: "current" is one thread's alone, and web workers have several
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = "routine"
app.conf.beat_scheduler = "portal.beat:Scheduler"

HEARTBEAT_S = 15.0


def every(seconds: float, task: str, queue: str, **arguments: object) -> dict[str, object]:
    return {"task": task, "schedule": seconds, "options": {"queue": queue}, "kwargs": arguments}


app.conf.beat_schedule = {
    "delivery-pump": every(5.0, "delivery.tasks.pump", "critical"),
    "delivery-settle": every(10.0, "delivery.tasks.settle", "digest"),
    "delivery-forget": every(3600.0, "delivery.tasks.forget", "digest"),
    "contacts-sweep": every(5.0, "contacts.tasks.sweep", "critical"),
    "notices-hour": every(5.0, "notices.tasks.publish_due", "critical"),
    "notices-promises": every(10.0, "notices.tasks.remind", "critical"),
    "notices-digests": every(30.0, "notices.tasks.summarise", "digest"),
    "notices-outside": every(30.0, "notices.tasks.look_outside", "webhook"),
    "audit-chain": every(5.0, "base.tasks.chain", "digest"),
    # Two workers: a dead one raises no alarm about itself.
    "portal-watch": every(30.0, "portal.tasks.watch", "digest"),
    "portal-watch-too": every(30.0, "portal.tasks.watch", "personal"),
    "portal-sign-of-life": every(60.0, "portal.tasks.sign_of_life", "digest"),
    "contacts-forget": every(3600.0, "contacts.tasks.forget", "digest"),
    "dialogue-read-mail": every(15.0, "dialogue.tasks.read_mail", "personal"),
    "dialogue-remind": every(60.0, "dialogue.tasks.remind", "routine"),
    "dialogue-forget": every(3600.0, "dialogue.tasks.forget", "digest"),
}
app.conf.beat_schedule |= {
    f"heartbeat-{lane}": every(HEARTBEAT_S, "base.tasks.beat", lane, name=f"lane:{lane}") for lane in Lane.values
}
app.conf.beat_schedule["heartbeat-ways"] = every(HEARTBEAT_S, "base.tasks.beat", "webhook", name="lane:ways")
app.conf.beat_schedule["heartbeat-texts"] = every(HEARTBEAT_S, "base.tasks.beat", "sms", name="lane:texts")
app.autodiscover_tasks()


def _demand_safe(**kwargs: object) -> None:
    demand_safe()


def _beat_itself(sender: object = None, **kwargs: object) -> None:
    """Beat is seen as it rings, whether or not the broker takes the ring."""
    if sender == "base.tasks.beat":
        close_old_connections()
        heartbeat.beat("beat")
        heartbeat.keep_alive()


def _watch_beat(**kwargs: object) -> None:
    before_task_publish.connect(_beat_itself)


def _stand_in(**kwargs: object) -> None:
    standin.start(app)


worker_init.connect(_demand_safe)
worker_ready.connect(_stand_in)
beat_init.connect(_demand_safe)
beat_init.connect(_watch_beat)
