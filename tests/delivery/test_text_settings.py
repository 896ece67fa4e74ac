"""Settings of the gateway for text messages, as they are written down, and what is said of wrong ones."""

from __future__ import annotations

import logging
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from delivery import gateways, postman
from delivery.models import Spending
from delivery.states import State
from portal.embedded.processes import CHECKOUT
from tests.base.hostile import server

from .test_text_messages import gateway, only, send

PAGE = (CHECKOUT / "docs" / "operations.md").read_text()
BLOCK = next(one for one in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if one.startswith("FAIRWAY_SMS_URL"))


def by_sh(file: Path) -> dict[str, str]:
    done = subprocess.run(
        ["sh", "-c", f"set -a; . {file}; env"], env={}, capture_output=True, text=True, check=True, timeout=10
    )
    assert done.stderr == ""
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def by_line(file: Path, *, comments: bool) -> dict[str, str]:
    """As systemd and, with inline `comments`, Docker Compose do it: quotes count where they begin the value."""
    found = {}
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _equals, value = line.partition("=")
            quoted = re.fullmatch(r"'([^']*)'\s*", value)
            if quoted:
                value = quoted[1]
            elif comments:
                value = value.partition(" #")[0].replace('"', "")
            else:
                value = re.sub(r'^"([^"]*)"', r"\1", value)
            found[name] = value.strip()
    return found


READERS = {
    "sh": by_sh,
    "systemd": lambda file: by_line(file, comments=False),
    "compose": lambda file: by_line(file, comments=True),
}


@pytest.mark.parametrize("reader", READERS)
def test_block_of_the_page_means_the_same_wherever_it_is_put(tmp_path: Path, reader: str) -> None:
    file = tmp_path / "environment"
    file.write_text(BLOCK)
    said = READERS[reader](file)
    assert re.search(said["FAIRWAY_SMS_SUCCESS"], '{"status": "queued"}')
    assert not re.search(said["FAIRWAY_SMS_SUCCESS"], '{"status": "rejected"}')
    assert said["FAIRWAY_SMS_FROM"] == "+34600000000"
    assert (said["FAIRWAY_SMS_HEADERS_FILE"], said["FAIRWAY_SMS_HOOK_SECRET_FILE"]) == (
        "/run/more/sms_headers", "/run/more/sms_hook",
    )  # fmt: skip


WRONG = [
    ("FAIRWAY_SMS_URL", "https://customs:hunter2@gateway.example/send"),
    ("FAIRWAY_SMS_SUCCESS", "(hunter2"),
    ("FAIRWAY_SMS_HEADERS", {"Authorization": "Bearer hunter2…"}),
    ("FAIRWAY_SMS_HEADERS", {"Authorization": "Bearer hunter2\nX: y"}),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_setting_is_told_by_name_and_keeps_texts_waiting_under_an_alarm(
    settings: Any, caplog: pytest.LogCaptureFixture, name: str, value: Any
) -> None:
    settings.FAIRWAY_SMS_COUNTRIES = ["ES"]
    postman._kept.clear()
    with server() as one:
        gateway(settings, one)
        assert "delivery.E002" not in {found.id for found in run_checks()}
        setattr(settings, name, value)
        told = [str(found.msg) for found in run_checks() if found.id == "delivery.E002"]
        with caplog.at_level(logging.DEBUG):
            waits = only(send())
    assert len(told) == 1 and told[0].startswith(name)
    assert (waits.state, waits.code, waits.reply) == (State.PENDING, "settings", told[0].partition(":")[0])
    assert gateways.refuses_us(), "the workers run no checks, and mail goes on"
    assert one.connections == 0 and Spending.objects.get().parts == 0
    assert "hunter2" not in caplog.text + told[0] + waits.reply
