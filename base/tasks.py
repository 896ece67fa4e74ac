"""The floor's only errand."""

from celery import shared_task

from . import audit


@shared_task(name="base.tasks.chain")
def chain(**kwargs: object) -> None:
    audit.chain()
