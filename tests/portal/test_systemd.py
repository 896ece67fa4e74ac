"""The units of docs/systemd: they start what there is, stop it without loss, and systemd itself takes them."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from base import heartbeat, tasks
from base.words import Lane
from portal.embedded.launcher import LANES
from portal.embedded.processes import CHECKOUT
from portal.logs import mask

FOLDER = CHECKOUT / "docs" / "systemd"
UNITS = sorted(path.name for path in FOLDER.iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
TIMERS = [name for name in UNITS if name.endswith(".timer")]
SERVING = ["fairway-beat.service", "fairway-inbound.service", "fairway-lane@.service", "fairway-texts.service",
           "fairway-ways.service", "fairway-web.service"]  # fmt: skip
PYTHON = "/srv/fairway/.venv/bin/python"
PAGE = (CHECKOUT / "docs" / "operations.md").read_text()


def read(name: str) -> dict[str, list[str]]:
    """`Section.Name` → its values."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _equals, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def test_every_unit_is_named_where_it_is_set_up() -> None:
    for name in SERVING + TIMERS:
        assert name.removesuffix(".service").removesuffix("@") in PAGE, name
    assert all(f"fairway-lane@{lane}" in PAGE for lane in Lane.values)


@pytest.mark.parametrize("name", SERVING)
def test_what_serves_is_stopped_without_loss_and_bounded(name: str) -> None:
    unit = read(name)
    assert unit["Service.KillMode"] == ["mixed"] and unit["Service.Restart"] == ["always"]
    assert int(unit["Service.TimeoutStopSec"][0]) >= 40
    assert unit["Service.RestartPreventExitStatus"] == ["3"], "what a wrong setting ends is not tried for ever"
    assert unit["Install.WantedBy"] == ["multi-user.target"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_may_take_all_memory(name: str) -> None:
    unit = read(name)
    assert unit["Service.User"] == ["fairway"] and unit["Service.MemoryMax"]
    for switch in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert unit[f"Service.{switch}"] == ["yes"]
    assert unit["Service.ProtectSystem"] == ["strict"] and unit["Service.CapabilityBoundingSet"] == [""]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_starts_a_command_that_there_is(name: str) -> None:
    (line,) = read(name)["Service.ExecStart"]
    assert PYTHON in line
    command = re.search(r"manage\.py (\w+)", line)
    if command:
        assert command[1] in get_commands()
    else:
        assert shlex.split(line)[1:3] in (["-m", "gunicorn"], ["-m", "celery"])


@pytest.mark.parametrize("name", TIMERS)
def test_every_timer_has_its_service(name: str) -> None:
    assert name.replace(".timer", ".service") in SERVICES
    assert read(name)["Install.WantedBy"] == ["timers.target"]


def test_workers_and_beat_are_started_as_in_containers() -> None:
    compose = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]
    (lane,) = read("fairway-lane@.service")["Service.ExecStart"]
    for way in ("ways", "texts"):
        (line,) = read(f"fairway-{way}.service")["Service.ExecStart"]
        line = line.replace("%%h", "%h").removeprefix(PYTHON)
        assert line.split() == compose[way]["command"].removeprefix("python").split()
    (beat,) = read("fairway-beat.service")["Service.ExecStart"]
    for one in Lane.values:
        here = lane.replace("%%h", "%h").replace("%i", one).replace("${PROCESSES}", str(LANES[one]))
        assert here.removeprefix(PYTHON).split() == compose[one]["command"].removeprefix("python").split()
    assert beat.removeprefix(PYTHON).split() == compose["beat"]["command"].removeprefix("python").split()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    for name in UNITS:
        text = (FOLDER / name).read_text().replace(PYTHON, sys.executable).replace("valkey-server.service", "")
        (tmp_path / name.replace("@.", "@critical.")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if "fairway" in line and "postgresql" not in line]
    assert (done.returncode, said) == (0, []), done.stderr


@pytest.fixture(params=["file", "abstract"])
def supervisor(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The socket on which systemd listens."""
    address = str(tmp_path / "notify") if request.param == "file" else f"@fairway-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield listener


@pytest.mark.django_db(transaction=True)
def test_bell_that_was_heard_tells_the_watchdog(supervisor: Any) -> None:
    tasks.beat(name="lane:critical")
    assert supervisor.recv(100) == b"WATCHDOG=1"
    assert "lane:critical" in heartbeat.ages()


def test_watchdog_that_is_not_there_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.keep_alive()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    heartbeat.keep_alive()


def test_no_unit_holds_what_a_log_would_mask() -> None:
    for name in UNITS:
        text = re.sub(r"(%i|ways|texts)@%%h", "", (FOLDER / name).read_text())
        assert mask(text) == text
