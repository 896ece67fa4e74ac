"""A version that is approved now and goes out at its hour: once, by itself, and never too late unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from base import clock
from base.errors import Conflict, Refused
from delivery.models import Publication
from notices import issuing, lifecycle, rules, schedule, tasks
from notices.models import Approval, Notice, Version
from portal.celery import app
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_an_approved_version_waits_and_goes_out_at_its_hour_by_itself() -> None:
    version = make.scheduled(at=make.in_hours(2))
    assert (version.state, version.publication_id) == ("scheduled", None)
    assert schedule.sweep(now=make.now() + HOUR) == 0
    later = make.now() + 2 * HOUR + timedelta(minutes=1)
    assert schedule.sweep(now=later) == 1
    version.refresh_from_db()
    assert (version.state, version.issued_at) == ("issued", later)
    assert Publication.objects.filter(pk=version.publication_id).count() == 1


def test_it_goes_out_once_however_often_the_bell_rings() -> None:
    make.scheduled(at=make.in_hours(2))
    later = make.now() + 2 * HOUR + timedelta(minutes=1)
    assert [schedule.sweep(now=later) for _ring in range(3)] == [1, 0, 0]
    assert Publication.objects.count() == 1


def test_one_that_cannot_be_made_keeps_no_other_from_its_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    then = make.in_hours(-0.5)
    bad = make.scheduled(at=make.in_hours(-0.02), approved_at=then)
    good = make.scheduled(at=make.in_hours(-0.01), approved_at=then)
    render = issuing.render_all

    def broken(version: Version, *, now: datetime) -> issuing.Rendering:
        if version.pk == bad.pk:
            raise ValueError("a text that nobody foresaw")
        return render(version, now=now)

    monkeypatch.setattr(issuing, "render_all", broken)
    assert schedule.sweep(now=make.now()) == 1
    states = dict(Version.objects.values_list("pk", "state"))
    assert states == {bad.pk: "scheduled", good.pk: "issued"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hours", [-1, 1])
def test_worker_whose_clock_is_an_hour_off_keeps_the_hour_all_the_same(hours: int) -> None:
    """Row 10 of the failure modes: one that is ahead issues nothing early, one that is behind nothing late."""
    early = make.scheduled(at=make.in_hours(0.5))
    due = make.scheduled(at=make.now(), approved_at=make.in_hours(-0.5))
    with make.clock_at(make.in_hours(hours)):
        tasks.publish_due()
    states = dict(Version.objects.values_list("pk", "state"))
    assert states == {due.pk: "issued", early.pk: "scheduled"}
    due.refresh_from_db()
    assert timedelta() <= due.issued_at - due.publish_at < HOUR / 2


def transitions(zone: str) -> list[datetime]:
    """The hours (UTC) of 2027 with which the clocks of `zone` change."""
    place, hours = ZoneInfo(zone), [datetime(2027, 1, 1, tzinfo=UTC) + number * HOUR for number in range(365 * 24)]
    offsets = [hour.astimezone(place).utcoffset() for hour in hours]
    return [hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after]


@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "Europe/London", "America/New_York", "America/Santiago", "Africa/Casablanca"]
)
def test_hour_meant_in_the_zone_of_a_port_comes_once_across_its_clock_changes(zone: str) -> None:
    """Row 10 of the failure modes: half an hour before and after each change, and both readings of one that comes
    twice; the bell rings all the time."""
    changes = transitions(zone)
    assert len(changes) == 2
    walls = [(change + side * HOUR / 2).astimezone(ZoneInfo(zone)) for change in changes for side in (-1, 1)]
    moments = {moment for wall in walls for moment in clock.instants(wall.replace(tzinfo=None), zone)}
    for moment in moments:
        version = make.scheduled(make.row(starts_at=moment + timedelta(days=1)), at=moment, starts_at=moment)
        rings = [moment + timedelta(minutes=minute) for minute in range(-90, 91, 5)]
        went = [ring for ring in rings if schedule.sweep(now=ring)]
        version.refresh_from_db()
        assert went == [moment] == [version.issued_at], zone
    assert Publication.objects.count() == len(moments)


def test_nobody_reads_it_before_its_hour() -> None:
    version = make.scheduled(title="Secret works")
    assert version.notice not in Notice.objects.published(make.now())
    assert Client().get(f"/en/n/{version.notice.reference}/").status_code == 404


def test_what_missed_its_hour_by_half_an_hour_waits_for_a_person() -> None:
    version = make.scheduled(at=make.in_hours(2))
    late = make.now() + 2 * HOUR + timedelta(minutes=31)
    assert schedule.sweep(now=late) == 0
    assert "30 minutes" in str(schedule.hindrance(version, now=late))
    approver = make.user("approver")
    with make.clock_at(late):
        desk = make.sign_in(Client(), approver).get("/en/desk/").content.decode()
    assert "It does not go out by itself." in desk
    assert schedule.publish(version, by=approver, now=late).state == "issued"


def test_its_author_may_not_let_out_what_missed_its_hour() -> None:
    author = make.user("officer", "approver")
    version = make.scheduled(by=author)
    with pytest.raises(lifecycle.OwnApproval):
        schedule.publish(version, by=author, now=make.now())


# SEC-02
@pytest.mark.parametrize("who", ["author", "decided_by"])
def test_it_does_not_go_out_in_the_name_of_somebody_who_was_switched_off(who: str) -> None:
    version = make.scheduled(at=make.in_hours(2))
    person = getattr(version, who)
    person.is_active = False
    person.save()
    assert schedule.sweep(now=make.now() + 2 * HOUR) == 0
    version = Version.objects.get(pk=version.pk)
    assert "switched off" in str(schedule.hindrance(version, now=make.now()))


def test_what_waits_can_be_taken_back_and_needs_a_new_yes() -> None:
    version = make.scheduled()
    approver = version.decided_by
    assert approver is not None
    version = schedule.cancel(version, by=version.author, reason="Works put off", now=make.now())
    assert (version.state, version.reason) == ("returned", "Works put off")
    assert not Approval.objects.exists()
    assert schedule.sweep(now=make.now() + 3 * HOUR) == 0
    version = schedule.choose(version, at=None, by=version.author, now=make.now())
    version = lifecycle.submit(version, by=version.author, now=make.now())
    assert lifecycle.approve(version, by=approver, digest=version.digest, now=make.now()).state == "issued"


def test_the_hour_is_part_of_what_is_approved() -> None:
    version = make.pending()
    with pytest.raises(schedule.TooLateToChoose):
        schedule.choose(version, at=make.in_hours(3), by=version.author, now=make.now())


def test_a_scheduled_update_replaces_what_is_in_force_only_at_its_hour() -> None:
    live = make.issued()
    update = lifecycle.revise(live.notice, by=live.author, now=make.now())
    update = schedule.choose(update, at=make.in_hours(1), by=live.author, now=make.now())
    update = lifecycle.submit(update, by=live.author, now=make.now())
    lifecycle.approve(update, by=make.user("approver"), digest=update.digest, now=make.now())
    live.refresh_from_db()
    assert live.state == "issued"
    schedule.sweep(now=make.now() + HOUR)
    live.refresh_from_db()
    assert live.state == "superseded"


@pytest.mark.parametrize(
    ("field", "hours", "words"),
    [("ends_at", 1, "be over before"), ("next_update_at", 1, "due before")],
)
def test_an_hour_after_what_it_announces_is_refused(field: str, hours: int, words: str) -> None:
    version = make.written(**{field: make.in_hours(hours)})
    version = schedule.choose(version, at=make.in_hours(2), by=version.author, now=make.now())
    with pytest.raises(rules.Incomplete, match=words):
        lifecycle.submit(version, by=version.author, now=make.now())


def test_an_hour_that_is_past_is_refused() -> None:
    version = make.written()
    with pytest.raises(Refused, match="past"):
        schedule.choose(version, at=make.in_hours(-1), by=version.author, now=make.now())


def test_approved_after_its_hour_it_goes_out_at_once() -> None:
    version = make.written()
    version = schedule.choose(version, at=make.in_hours(1), by=version.author, now=make.now())
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=make.now())
    late = make.now() + 2 * HOUR
    assert lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=late).state == "issued"


def test_the_beat_rings_for_what_is_due() -> None:
    assert tasks.publish_due.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
    with pytest.raises(Conflict):
        schedule.cancel(make.issued(), by=make.user("officer"), now=make.now())


# --- On the pages -------------------------------------------------------------------------------------------------


def hour_of(version: Version, **parts: str) -> dict[str, Any]:
    return {"publish_date": "2030-03-01", "publish_time": "07:30", "publish_which": "", **parts}


def test_author_chooses_the_hour_and_the_approver_reads_it_on_the_button() -> None:
    version = make.written(starts_at=make.now())
    make.member_list(None, "reader@member.invalid")
    officer = make.sign_in(Client(), version.author)
    assert officer.post(f"/en/desk/v/{version.uid}/hour/", hour_of(version)).status_code == 302
    page = officer.get(f"/en/desk/v/{version.uid}/").content.decode()
    assert 'value="2030-03-01"' in page and "06:30 UTC" in page
    officer.post(f"/en/desk/v/{version.uid}/submit/")
    approver = make.sign_in(Client(), make.user("approver"))
    page = approver.get(f"/en/desk/v/{version.uid}/decide/").content.decode()
    assert "Approve: goes out later to" in page
    version.refresh_from_db()
    decision = {"digest": version.digest, "decision": "approve"}
    assert approver.post(f"/en/desk/v/{version.uid}/decide/", decision).url == f"/en/desk/v/{version.uid}/"
    assert "Waiting for its hour" in officer.get("/en/desk/").content.decode()
    officer.post(f"/en/desk/v/{version.uid}/unschedule/", {"reason": "Put off"})
    version.refresh_from_db()
    assert (version.state, version.reason) == ("returned", "Put off")


def test_an_hour_that_does_not_exist_is_told_at_its_field() -> None:
    version = make.written()
    officer = make.sign_in(Client(), version.author)
    answer = officer.post(f"/en/desk/v/{version.uid}/hour/", hour_of(version, publish_time="25:00"))
    assert answer.status_code == 422
    assert 'href="#id_publish_time"' in answer.content.decode()
