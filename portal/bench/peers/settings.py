"""A plain Django project that sends the bench's mails; all is its library's default unless the name says else."""

from __future__ import annotations

import os
from typing import Any

import environ

env = environ.Env()
SECRET_KEY = "signs-nothing" * 4
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office", "portal.bench.peers"]
DATABASES = {"default": env.db_url("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates"},
    {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "APP_DIRS": True,
     "OPTIONS": {"context_processors": []}},
]  # fmt: skip
_relay = env.email_url("EMAIL_URL")
EMAIL_HOST, EMAIL_PORT = _relay["EMAIL_HOST"], _relay["EMAIL_PORT"]
LOGGING_CONFIG = None

VARIANT = os.environ.get("BENCH_VARIANT", "")
POST_OFFICE: dict[str, Any] = {}
if VARIANT == "post_office_tuned":
    POST_OFFICE = {"BATCH_SIZE": 5_000, "THREADS_PER_PROCESS": 4, "LOG_LEVEL": 1}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "")
if VARIANT == "task_per_recipient_reuse":
    CELERY_DB_REUSE_MAX = 200
    DATABASES["default"]["CONN_MAX_AGE"] = 60
