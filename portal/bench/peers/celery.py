"""The task that most people write first: one for each recipient."""

from __future__ import annotations

import os

from celery import Celery
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.bench.peers.settings")
app = Celery("peers")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def send(member_id: int) -> None:
    from .mails import mail_for  # noqa: PLC0415 - models are there once Django is set up
    from .models import Member  # noqa: PLC0415

    member = Member.objects.get(pk=member_id)
    mail_for(member).send()
    Member.objects.filter(pk=member_id).update(sent_at=timezone.now())
