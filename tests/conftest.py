"""What every test may ask for: a browser, a mail sink, a worker."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from aiosmtpd.controller import Controller
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import translation

from delivery import postman
from portal.embedded.processes import free_port

# How fast the machine is decides no test; the first run also compiles what it imports.
hypothesis.settings.register_profile(
    "fairway", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("fairway")

STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@receiver(connection_created)
def _tables_may_be_emptied(connection: Any, **kwargs: Any) -> None:
    """Tests with transactions empty every table afterwards, the audit trail too."""
    with connection.cursor() as cursor:
        cursor.execute("SET fairway.may_truncate = 'on'")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    quiet = (
        "no-sandbox disable-dev-shm-usage disable-gpu disable-background-networking "
        "disable-component-update disable-sync no-first-run disable-quic lang=en-US"
    )
    return {
        **browser_type_launch_args,
        "executable_path": browser,
        "args": [f"--{switch}" for switch in quiet.split()],
    }


@pytest.fixture(autouse=True)
def _plain_static(settings: Any) -> None:
    """Hashed file names need a collected folder; tests read the files where they lie."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": STATIC}


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Uploaded files of one test never lie in the checkout."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def _english() -> None:
    """The test client leaves the language of its last page behind."""
    translation.activate("en")


@dataclass
class Sink:
    """An SMTP server that keeps each envelope: (sender, recipient, bytes)."""

    port: int
    envelopes: list[tuple[str, str, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.extend((envelope.mail_from, to, bytes(envelope.content)) for to in envelope.rcpt_tos)
        return "250 kept"


@pytest.fixture
def smtp_sink(settings: Any) -> Iterator[Sink]:
    """A real SMTP server on loopback that the settings point to."""
    sink = Sink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port, server_kwargs={"enable_SMTPUTF8": True})
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    postman.channel().close()  # a kept connection would still lead to the sink of the test before
    yield sink
    postman.channel().close()
    controller.stop()


def run_manage(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`manage.py` as a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], env=env, capture_output=True, text=True, timeout=120
    )
