"""Logs of the whole pipe at their most talkative: a request can be followed, and nobody's address is in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from base.words import Lane
from delivery import reports
from delivery.models import Delivery, Publication
from delivery.states import State
from portal.embedded.processes import CHECKOUT
from tests.delivery.test_pipe import Relay

from .plant import Plant
from .test_outages import Browser

RING = """
import sys, django, os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings"); django.setup()
from delivery.tasks import ring
from portal.tracing import request_id
request_id.set("followed-through-0001")
ring("delivery.tasks.send_batch", sys.argv[1], lane=sys.argv[1])
"""


@pytest.fixture(scope="module")
def talkative(working: Plant) -> Iterator[tuple[Plant, Relay]]:
    """Web server and one worker that log everything, and a relay that refuses by name and hangs up."""

    def script(to: str, attempt: int) -> tuple[str, str]:
        number = int(re.findall(r"\d+", to)[0]) % 4 if to.startswith("p") else 0
        said = [("250 ok", "250 kept"), (f"550 5.1.1 <{to}> unknown, call +34 956 58 54 00", ""),
                (f"451 <{to}> greylisted", ""), ("250 ok", "554 no")]  # fmt: skip
        return said[number]

    relay = Relay(script)
    site = working.site
    site.environment |= {"EMAIL_URL": f"smtp://127.0.0.1:{relay.port}", "LOG_LEVEL": "DEBUG", "DEBUG": "1"}
    site.start_web()
    for lane in (Lane.ROUTINE, Lane.PERSONAL):
        site.run(
            f"worker-{lane}", "celery", "-A", "portal.celery", "worker", "-Q", lane, "-c", "1", "-l", "DEBUG",
            "-n", f"{lane}@fairway", "--without-gossip", "--without-mingle",
        )  # fmt: skip
    yield working, relay
    relay.listener.close()


def lines(plant: Plant, name: str) -> list[dict[str, Any]]:
    log = (plant.site.folder / f"{name}.log").read_text(errors="replace")
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def test_no_log_holds_an_address_and_a_request_is_followed_into_its_task(talkative: tuple[Plant, Relay]) -> None:
    plant, _relay = talkative
    publication = plant.publish(20, lane=Lane.ROUTINE)
    wish = {"email": "jane.doe@seeded.invalid", "language": "en", "least_severity": "Minor"}
    Browser(plant.site.port).send("/en/follow/", **wish)
    plant.wait(lambda: Publication.objects.filter(key__startswith="follow:").exists(), "The wish")
    for lane in (Lane.ROUTINE, Lane.PERSONAL):
        subprocess.run([sys.executable, "-c", RING, lane], env=plant.site.environment, cwd=CHECKOUT, check=True)
    plant.wait(lambda: not reports.report(publication).counts["sending"], "Every first attempt")
    gone = Delivery.objects.filter(address__key=wish["email"], state=State.ACCEPTED)
    plant.wait(gone.exists, "The confirmation")
    for log in plant.site.folder.glob("*.log"):
        text = log.read_text(errors="replace")
        assert not re.search(r"[\w.]+@(plant|seeded)\.invalid|956 58 54", text), log.name
    told = [line for line in lines(plant, "worker-routine") if line.get("request_id") == "followed-through-0001"]
    assert told and {line.get("task") for line in told} == {"delivery.tasks.send_batch"}, plant.words()
    assert all(line.get("task_id") for line in told)
