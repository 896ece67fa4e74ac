"""The house knows itself again: a restored, moved or long silent one sends nothing until a person lets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

from base.models import AuditEntry
from base.words import Lane
from delivery import claim, guard, outbox, postman
from delivery.guard import Watch
from delivery.models import House
from delivery.sealed import Sealed
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
Why = House.Why


def post(lane: str = Lane.ROUTINE) -> None:
    now = datetime.now(UTC)
    outbox.post(key=f"g:{now}", to="a@reader.invalid", message=Sealed("en", "x", "x"), now=now, lane=lane)


def why() -> str:
    return House.objects.get().held_why


def silent_for(minutes: float) -> None:
    House.objects.update(last_seen_at=F("last_seen_at") - timedelta(minutes=minutes))


@pytest.fixture
def house() -> None:
    """A house in which this machine has worked."""
    Watch("here").look()


def test_first_start_on_an_empty_database_holds_nothing() -> None:
    Watch().look()
    assert not guard.held()


def test_first_start_of_a_site_that_has_work_holds_nothing() -> None:
    post()
    Watch().look()
    assert not guard.held()


@pytest.mark.parametrize(
    ("minutes", "instance", "due", "expected"),
    [
        (14, "here", True, ""),
        (20, "here", False, ""),  # planned
        (16, "here", True, Why.SILENT),
        (16, "elsewhere", False, Why.MOVED),
        (14, "elsewhere", True, ""),  # a second machine joins
    ],
)
def test_new_process_holds_what_a_long_silence_left(
    house: None, minutes: float, instance: str, due: bool, expected: str
) -> None:
    if due:
        post()
    silent_for(minutes)
    Watch(instance).look()
    assert why() == expected
    assert guard.held() == bool(expected)


def test_personal_mail_alone_keeps_no_house_closed(house: None) -> None:
    post(Lane.PERSONAL)
    silent_for(60)
    Watch("here").look()
    assert not guard.held()


def test_database_that_was_away_is_not_one_that_was_set_back() -> None:
    watch = Watch("here")
    watch.look()
    post()
    silent_for(60)
    watch.look()
    assert not guard.held(), "the process went on, and so did the database"
    Watch("here").look()
    House.objects.update(looks=0)
    watch.look()
    assert why() == Why.RESTORED


def test_database_with_another_identity_is_held_at_once_and_once(house: None) -> None:
    House.objects.update(identity="1:2:3")
    Watch("here").look()
    first = House.objects.get()
    assert first.held_why == Why.RESTORED
    Watch("here").look()
    assert House.objects.get().held_at == first.held_at
    assert AuditEntry.objects.filter(action="outbound.hold").count() == 1


def test_nothing_leaves_a_held_house_and_all_of_it_a_released_one(house: None, smtp_sink: Any) -> None:
    House.objects.update(identity="1:2:3")
    Watch("here").look()
    for lane in Lane.values:
        post(lane)
    assert claim.due() == {}
    assert [postman.work(lane) for lane in Lane.values] == [0, 0, 0, 0]
    assert smtp_sink.envelopes == []
    guard.release(by="test", reason="Looked at.", now=datetime.now(UTC))
    assert {lane for _channel, lane in claim.due()} == set(Lane.values)
    assert [postman.work(lane) for lane in Lane.values] == [1, 1, 1, 1]
    Watch("here").look()
    assert not guard.held(), "it is the known house by now"


def test_release_needs_a_reason_and_something_held(house: None) -> None:
    with pytest.raises(guard.NotHeld):
        guard.release(by="test", reason="Because.", now=datetime.now(UTC))
    House.objects.update(held_at=datetime.now(UTC), held_why=Why.MOVED)
    with pytest.raises(guard.NoReason):
        guard.release(by="test", reason=" ", now=datetime.now(UTC))
    assert guard.held()


def test_command_releases_once(house: None) -> None:
    House.objects.update(held_at=datetime.now(UTC), held_why=Why.MOVED)
    call_command("release_outbound", reason="Moved to the new machine.")
    assert not guard.held()
    entry = AuditEntry.objects.get(action="outbound.release")
    assert entry.facts == {"reason": "Moved to the new machine."} and entry.actor.startswith("manage.py")
    with pytest.raises(CommandError):
        call_command("release_outbound", reason="Again.")


def test_officers_read_that_alerts_are_held_and_an_administrator_releases_them(client: Client, house: None) -> None:
    House.objects.update(held_at=datetime.now(UTC), held_why=Why.RESTORED)
    officer = make.sign_in(Client(), make.user("officer"))
    page = officer.get(reverse("desk")).content.decode()
    assert "Alerts are held" in page and reverse("outbound") not in page
    member = make.sign_in(Client(), make.user("member", at=make.association("as-one")))
    assert "Alerts are held" not in member.get(reverse("association", args=["as-one"])).content.decode()
    administrator = make.user("administrator", at=make.organisation("administration", code="house"))
    browser = make.sign_in(client, administrator)
    assert reverse("outbound") in browser.get(reverse("people")).content.decode()
    assert browser.post(reverse("outbound"), {"reason": ""}).status_code == 422
    assert guard.held()
    answer = browser.post(reverse("outbound"), {"reason": "Compared with the relay's log."}, follow=True)
    assert "Mails go out again." in answer.content.decode()
    assert not guard.held()
    assert AuditEntry.objects.get(action="outbound.release").actor == str(administrator.pk)
    assert "Alerts are held" not in officer.get(reverse("desk")).content.decode()
