from django.apps import AppConfig

from . import checks
from .celery import app as celery_app  # every process that may ring a doorbell needs to know the broker

__all__ = ["PortalConfig", "celery_app", "checks"]


class PortalConfig(AppConfig):
    name = "portal"
