"""Serving processes with a wrong setting: each ends at once, in one line, with nothing open."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from portal.embedded.processes import CHECKOUT, free_port

CELERY = ("celery", "-A", "portal.celery")
SERVING = {
    "web": ("gunicorn", "portal.wsgi", "--no-control-socket", "--bind"),
    "preloaded web": ("gunicorn", "portal.wsgi", "--preload", "--no-control-socket", "--bind"),
    "worker": (*CELERY, "worker", "-Q", "routine", "-c", "1"),
    "beat": (*CELERY, "beat", "--pidfile=", "-s"),
}
WRONG = {
    "portal.E001": {"FAIRWAY_DEMO": "1", "FAIRWAY_EMBEDDED": "", "SECRET_KEY": "k" * 60},
    "portal.E002": {"SECRET_KEY": "", "FAIRWAY_DEMO": "", "FAIRWAY_EMBEDDED": ""},
}


@pytest.mark.parametrize("process", SERVING)
@pytest.mark.parametrize("check", WRONG)
def test_no_process_serves_with_a_setting_that_a_check_refuses(process: str, check: str, tmp_path) -> None:
    last = {"--bind": f"127.0.0.1:{free_port()}", "-s": str(tmp_path / "beat")}
    command = SERVING[process]
    done = subprocess.run(
        [sys.executable, "-m", *command, *filter(None, [last.get(command[-1])])],
        env={name: value for name, value in (os.environ | WRONG[check]).items() if value},
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 3, said
    assert said.count("Fairway does not start: ") == 1 and f"({check})" in said
    assert "Traceback" not in said


def test_building_needs_no_secret() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--dry-run", "-v0"],
        env=environment, cwd=CHECKOUT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
