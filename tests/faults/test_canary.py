"""The mail to ourselves through real workers, a real mail server and a real door; then the mail server stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from base.words import Lane
from delivery import canary
from portal.condition import Level, condition, look
from portal.embedded.launcher import start_mail_catcher
from tests import make

from .plant import Plant


def level() -> Level:
    return next(part.level for part in condition(look()).parts if part.name == "canary")


def test_mail_server_that_stops_turns_the_status_red_within_twenty_minutes(working: Plant, settings: Any) -> None:
    settings.FAIRWAY_CANARY, settings.REDIS_URL = True, working.valkey.url()
    site = working.site
    site.environment.pop("EMAIL_URL")
    start_mail_catcher(site)
    for lane in (Lane.CRITICAL, Lane.PERSONAL):
        site.start_worker(lane)
    site.start_beat()
    site.start_inbound()
    working.wait(lambda: level() == Level.GREEN, "The first mail to ourselves")
    last = make.now()
    working.kill("mailcatcher")
    later = last + timedelta(minutes=15)  # the next one leaves then, and arrives nowhere
    assert canary.sweep(now=later) == 1
    with make.clock_at(last + timedelta(minutes=18)):
        assert level() == Level.GREEN, "it has five minutes"
    with make.clock_at(last + timedelta(minutes=20)):
        assert level() == Level.RED
        assert condition(look()).level == Level.RED
