"""Alarms: raised when a person must act, told once, over when it has been well for a while."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from base import audit, heartbeat
from base.models import Alarm, Heartbeat
from base.words import Lane
from delivery import canary, gateways, outbox, postman, relays, spending
from delivery.models import Batch, Delivery, House, Inbound, Publication, Relay
from delivery.sealed import Sealed
from delivery.states import State
from notices.models import Version
from portal import alarms, deadman, disks, tasks
from portal.celery import app
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()


@pytest.fixture(autouse=True)
def _roomy(settings: Any) -> None:
    """Whatever the disk of whoever tests is like."""
    settings.FAIRWAY_DISK_GB = 0.0


def post(lane: str, number: int = 0) -> Publication:
    now = datetime.now(UTC)
    text = Sealed("en", "x", "x")
    return outbox.post(key=f"a:{lane}:{number}", to=f"a{number}@reader.invalid", message=text, now=now, lane=lane)


def aged(name: str, seconds: float) -> None:
    Heartbeat.objects.filter(name__startswith=name).update(at=F("at") - timedelta(seconds=seconds))


def hold() -> None:
    House.objects.create(
        identity="1:2:3", last_seen_at=make.now(), held_at=make.now(), held_why=House.Why.RESTORED
    )


def late_severe_notice() -> None:
    post(Lane.CRITICAL)
    Batch.objects.update(due_at=F("due_at") - timedelta(minutes=3))


def parked_severe_notice() -> None:
    post(Lane.CRITICAL)
    Batch.objects.update(closed_at=make.now())
    Delivery.objects.update(state=State.PARKED)


def stuck_sending() -> None:
    post(Lane.ROUTINE)
    Publication.objects.update(created_at=make.in_hours(-3))
    Batch.objects.update(due_at=make.in_hours(-2.5))


def missed_hour() -> None:
    version = make.scheduled(at=make.in_hours(2))
    Version.objects.filter(pk=version.pk).update(publish_at=make.in_hours(-0.6))


def late_promise() -> None:
    version = make.issued(next_update_at=make.in_hours(1))
    Publication.objects.all().delete()
    notice = version.notice
    with connection.cursor() as cursor:  # what is issued is frozen
        cursor.execute("SET session_replication_role = replica")
        Version.objects.filter(notice=notice).update(next_update_at=make.in_hours(-0.1))
        cursor.execute("SET session_replication_role = origin")


def many_in_doubt() -> None:
    for number in range(alarms.FEW):
        post(Lane.ROUTINE, number)
    Batch.objects.update(closed_at=make.now())
    Delivery.objects.update(state=State.ACCEPTED, twice=True)


def unchained() -> None:
    audit.record(actor="t", action="t", target="t", now=make.in_hours(-0.2))


def lost_canary() -> None:
    canary.sweep(now=make.in_hours(-0.1))


def blocked_relay() -> None:
    relays.blocked(relays.relays()[0], "5.7.1 blocked")
    Relay.objects.update(opened_at=make.in_hours(-0.1))


def seen_long_ago(name: str, hours: float) -> None:
    heartbeat.beat(name)
    aged(name, hours * 3_600)


def full_disk() -> None:
    settings.FAIRWAY_DISK_PERCENT, settings.FAIRWAY_DISK_GB = 100.0, 10.0**9


def gateway_that_knows_us_not() -> None:
    settings.FAIRWAY_SMS_URL = "https://gateway.example/send"
    heartbeat.beat(gateways.REFUSED)


CAUSES = {
    "outbound-held": hold,
    "critical-waiting": late_severe_notice,
    "critical-parked": parked_severe_notice,
    "sending-stuck": stuck_sending,
    "schedule-missed": missed_hour,
    "promise-late": late_promise,
    "canary-missing": lost_canary,
    "relay-resting": blocked_relay,
    "text-messages-capped": lambda: spending.take("sms", parts=10**6, lane=Lane.CRITICAL),
    "text-messages-refused": gateway_that_knows_us_not,
    "worker-silent": lambda: aged("lane:digest", 151),
    "beat-silent": lambda: aged("beat", 61),
    "pump-silent": lambda: aged("pump", 61),
    "disk-full": full_disk,
    "backup-old": lambda: seen_long_ago("backup", 26.1),
    "copy-old": lambda: seen_long_ago("export", 0.26),
    "uncertain": many_in_doubt,
    "audit-unchained": unchained,
}


def open_ones() -> set[str]:
    return set(Alarm.objects.filter(ended_at=None).values_list("name", flat=True))


def test_every_alarm_has_its_cause_here_and_its_section_in_operations_and_no_section_is_without() -> None:
    names = [alarm.name for alarm in alarms.ALARMS]
    assert names == re.findall(r'<a id="alarm-([a-z-]+)"></a>', PAGE)
    assert set(names) == set(CAUSES)
    for section in re.split(r'<a id="alarm-[a-z-]+"></a>', PAGE)[1:]:
        assert all(word in section.split("\n#")[0] for word in ("*Means:*", "*Look at:*", "*Do:*"))


def test_site_at_work_raises_nothing() -> None:
    make.at_work()
    for lane in Lane.values:
        post(lane)
    alarms.watch(now=make.now())
    assert open_ones() == set()


@pytest.mark.parametrize("name", CAUSES)
def test_cause_raises_its_alarm_and_no_other(name: str, settings: Any) -> None:
    settings.FAIRWAY_CANARY = True
    make.at_work()
    CAUSES[name]()
    audit.chain() if name != "audit-unchained" else None
    make.at_work(but="" if "silent" not in name else "lane:digest" if name == "worker-silent" else name[:4])
    cache.clear()
    alarms.watch(now=make.now())
    assert open_ones() == {name}


@pytest.mark.parametrize(("url", "missed"), [("https://gateway.example/", {"worker-silent"}), ("", set())])
def test_worker_of_texts_is_missed_where_there_is_a_gateway(settings: Any, url: str, missed: set[str]) -> None:
    settings.FAIRWAY_SMS_URL = url
    make.at_work(but="lane:texts")
    alarms.watch(now=make.now())
    assert open_ones() == missed


def test_what_was_switched_off_or_done_lately_is_not_missed(settings: Any) -> None:
    make.at_work()
    heartbeat.beat("export")
    seen_long_ago("backup", 400)
    settings.FAIRWAY_BACKUP_HOURS = 0
    alarms.watch(now=make.now())
    assert open_ones() == set()


def test_site_that_starts_after_a_night_off_calls_nobody_for_what_starts_a_moment_later() -> None:
    make.at_work()
    for name in ("beat", "pump", "lane:digest", alarms.LOOKING):
        aged(name, 8 * 3_600)
    audit.record(actor="t", action="t", target="t", now=make.in_hours(-8))
    alarms.watch(now=make.now())
    assert open_ones() == set()
    Heartbeat.objects.filter(name=alarms.LOOKING).update(detail=str(time.time() - 155))
    alarms.watch(now=make.now())
    assert open_ones() == {"beat-silent", "pump-silent", "worker-silent"}


def test_disk_is_scarce_only_where_both_the_share_and_the_amount_are_little(settings: Any) -> None:
    settings.FAIRWAY_DISK_GB = 5.0
    share, amount = disks.Disk("/a", 4_000 * disks.GB, 200 * disks.GB), disks.Disk("/b", 8 * disks.GB, 4 * disks.GB)
    assert not share.is_scarce and not amount.is_scarce
    assert disks.Disk("/c", 4_000 * disks.GB, 4 * disks.GB).is_scarce
    assert disks.Disk("/d", 8 * disks.GB, disks.GB // 2).is_scarce


def test_alarm_that_cannot_be_measured_silences_no_other() -> None:
    def cannot(now: datetime) -> float:
        raise PermissionError("/closed")

    make.at_work(but="pump")
    broken = alarms.Alarm("disk-full", "x", cannot, 0)
    alarms.watch([broken, *alarms.ALARMS], now=make.now())
    assert open_ones() == {"pump-silent"}


def test_retry_of_tomorrow_and_a_paused_sending_are_not_stuck() -> None:
    make.at_work()
    stuck_sending()
    Batch.objects.update(due_at=make.in_hours(3))
    post(Lane.ROUTINE, 1)
    Publication.objects.filter(key="a:routine:1").update(held_at=make.now(), created_at=make.in_hours(-4))
    Batch.objects.filter(publication__key="a:routine:1").update(due_at=make.in_hours(-3))
    alarms.watch(now=make.now())
    assert open_ones() == set()


def test_alarm_is_mailed_once_when_it_begins_and_once_when_it_has_been_well_for_a_while(
    settings: Any, smtp_sink: Any
) -> None:
    settings.FAIRWAY_DUTY_MAIL = ["duty@wgcs.example"]
    make.at_work()
    aged("beat", 90)
    begun = make.now()
    for seconds in (0, 30, 60):
        alarms.watch(now=begun + timedelta(seconds=seconds))
    Heartbeat.objects.all().delete()
    make.at_work()
    alarms.watch(now=begun + timedelta(seconds=90))
    assert open_ones() == {"beat-silent"}, "it may come back at once"
    for seconds in (190, 220):
        alarms.watch(now=begun + timedelta(seconds=seconds))
    assert open_ones() == set()
    for _round in range(3):
        postman.work(Lane.PERSONAL)
    mails = [message_from_bytes(content, policy=policy.default) for _sender, _to, content in smtp_sink.envelopes]
    assert [to for _sender, to, _content in smtp_sink.envelopes] == ["duty@wgcs.example"] * 2
    subjects = [str(mail["Subject"]) for mail in mails]
    assert subjects == [
        "Alarm: The clock that rings for everything is silent.",
        "Over: The clock that rings for everything is silent.",
    ]
    assert "section “beat-silent”" in mails[0].get_body(("plain",)).get_content()


def test_administrators_are_told_in_their_language_where_no_duty_address_is_set() -> None:
    house = make.organisation("administration", code="house")
    make.user("administrator", at=house, language="fr")
    make.user("administrator", at=house, is_active=False)
    make.user("officer")
    make.at_work(but="pump")
    alarms.watch(now=make.now())
    assert Delivery.objects.get().message.subject == "Alarme : Personne ne cherche ce qui est à envoyer."


def test_alarm_stands_on_the_status_page_and_at_headquarters_until_it_is_over(client: Client) -> None:
    make.at_work(but="pump")
    alarms.watch(now=make.now())
    words = "Nobody looks for what is due."
    assert words in client.get("/en/status/").content.decode()
    assert client.get("/status.json").json()["alarms"] == ["pump-silent"]
    desk = make.sign_in(client, make.user("headquarters", at=make.organisation("administration", code="house")))
    assert words in desk.get(reverse("headquarters")).content.decode()
    make.at_work()
    alarms.watch(now=make.now() + timedelta(minutes=5))
    assert words not in client.get("/en/status/").content.decode()


def test_what_tells_a_stranger_where_the_house_is_weak_stands_at_headquarters_alone(client: Client) -> None:
    make.at_work()
    CAUSES["backup-old"]()
    alarms.watch(now=make.now())
    words = "The last backup is too old."
    assert open_ones() == {"backup-old"}
    assert words not in client.get("/en/status/").content.decode()
    assert client.get("/status.json").json()["alarms"] == []
    desk = make.sign_in(client, make.user("headquarters", at=make.organisation("administration", code="house")))
    assert words in desk.get(reverse("headquarters")).content.decode()


def test_missed_hour_is_named_at_headquarters_with_both_choices(client: Client) -> None:
    missed_hour()
    desk = make.sign_in(client, make.user("headquarters", at=make.organisation("administration", code="house")))
    page = desk.get(reverse("headquarters")).content.decode()
    assert "Missed its hour" in page and "An approver issues it now, or it is taken back." in page


def test_alarms_are_looked_for_in_two_lanes_so_that_one_tells_of_the_silence_of_the_other() -> None:
    looks = [one for one in app.conf.beat_schedule.values() if one["task"] == "portal.tasks.watch"]
    assert sorted(one["options"]["queue"] for one in looks) == [Lane.DIGEST, Lane.PERSONAL]


def test_the_rings_are_in_the_schedule_of_beat() -> None:
    rings = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert (rings["portal.tasks.watch"], rings["portal.tasks.sign_of_life"]) == (30.0, 60.0)


def test_site_that_was_off_for_a_night_misses_no_mail_to_ourselves_unless_it_cannot_post(settings: Any) -> None:
    settings.FAIRWAY_CANARY = True
    make.at_work()
    old = make.in_hours(-8)
    canary.sweep(now=old)
    Inbound.objects.create(
        digest="d", door="test", kind="canary", number=canary.number_at(old), received_at=old, applied_at=old
    )
    ours, settings.FAIRWAY_MAIL_DOMAIN = settings.FAIRWAY_MAIL_DOMAIN, "no domain"
    tasks.watch()
    assert open_ones() == {"canary-missing"}
    Alarm.objects.all().delete()
    settings.FAIRWAY_MAIL_DOMAIN = ours
    tasks.watch()
    assert open_ones() == set()


@pytest.fixture
def outside() -> Any:
    """A monitoring service on loopback that counts what it is asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/alive", asked
    server.shutdown()


def test_sign_of_life_comes_only_while_all_is_well(settings: Any, outside: Any) -> None:
    url, asked = outside
    make.at_work()
    tasks.sign_of_life()
    assert asked == [], "no address is set"
    settings.FAIRWAY_DEADMAN_URL = url
    tasks.sign_of_life()
    assert asked == ["/alive"]
    aged("beat", 61)
    tasks.sign_of_life()
    make.at_work()
    hold()
    alarms.watch(now=make.now())
    tasks.sign_of_life()
    assert asked == ["/alive"]


def test_monitoring_service_that_is_away_harms_nobody(settings: Any) -> None:
    make.at_work()
    settings.FAIRWAY_DEADMAN_URL = "http://127.0.0.1:1/alive"
    assert deadman.tell() is False
