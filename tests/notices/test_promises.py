"""The next update and the reopening are promises: somebody is reminded before, and the right people hear after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from contacts.models import User
from delivery.models import Delivery, Message
from notices import reminders, tasks
from notices.models import Version
from portal.celery import app
from tests import make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def mailed(word: str) -> set[str]:
    """Who got a mail with this in its subject."""
    return set(Delivery.objects.filter(message__subject__contains=word).values_list("address__key", flat=True))


def house() -> dict[str, User]:
    """The officer, who will be the author, and whoever watches; people of other offices too."""
    above = make.organisation("administration", code="house")
    return {
        "officer": make.user("officer"),
        "colleague": make.user("officer"),
        "liaison": make.user("liaison", at=above),
        "own_liaison": make.user("liaison"),
        "headquarters": make.user("headquarters", at=above),
        "other_liaison": make.user("liaison", at=make.office("of-other")),
        "other_officer": make.user("officer", at=make.office("of-other")),
    }


def emails(people: dict[str, User], *names: str) -> set[str]:
    return {people[name].email for name in names}


# AUT-22
def test_officers_are_reminded_half_an_hour_before_an_update_is_due() -> None:
    people, due = house(), make.in_hours(2)
    make.issued(by=people["officer"], next_update_at=due)
    assert reminders.sweep(now=due - 31 * MINUTE) == 0
    assert reminders.sweep(now=due - 29 * MINUTE) == 1
    assert mailed("the next update is due") == emails(people, "officer", "colleague")


# AUT-22
def test_a_late_update_reaches_the_office_liaison_and_headquarters() -> None:
    people, due = house(), make.in_hours(2)
    make.issued(by=people["officer"], next_update_at=due)
    reminders.sweep(now=due + MINUTE)
    told = emails(people, "officer", "colleague", "liaison", "own_liaison", "headquarters")
    assert mailed("the promised update is late") == told
    assert mailed("the next update is due") == set()  # too late for a reminder


def test_a_late_reopening_reaches_them_too_and_the_place_stays_closed() -> None:
    people, latest = house(), make.in_hours(3)
    version = make.issued(by=people["officer"], reopens_earliest=make.in_hours(2), reopens_latest=latest)
    reminders.sweep(now=latest + MINUTE)
    assert people["headquarters"].email in mailed("the reopening is late")
    assert version.rows.get().status == "closed"


def test_each_promise_is_told_once_however_often_the_bell_rings() -> None:
    people, due = house(), make.in_hours(2)
    make.issued(by=people["officer"], next_update_at=due)
    assert [reminders.sweep(now=due + MINUTE) for _ring in range(3)] == [1, 0, 0]
    assert Message.objects.filter(subject__contains="is late").count() == 5


def test_a_promise_that_was_kept_is_not_spoken_of() -> None:
    people, due = house(), make.in_hours(2)
    first = make.issued(by=people["officer"], next_update_at=due)
    make.next_version(first.notice, next_update_at=make.in_hours(5))
    assert reminders.sweep(now=due + MINUTE) == 0


def test_an_exercise_reminds_nobody() -> None:
    due = make.in_hours(2)
    make.issued(status="Exercise", next_update_at=due)
    assert reminders.sweep(now=due + MINUTE) == 0


def test_everybody_reads_the_reminder_in_the_own_language() -> None:
    due = make.in_hours(2)
    make.issued(by=make.user("officer", language="fr"), next_update_at=due)
    reminders.sweep(now=due + MINUTE)
    message = Message.objects.get(subject__contains="en retard")
    assert message.language == "fr" and "UTC" in message.text


def test_the_desk_shows_what_is_due_and_leads_to_the_update(client: Any) -> None:
    due = make.in_hours(2)
    version = make.issued(next_update_at=due)
    make.sign_in(client, make.user("officer"))
    page = client.get("/en/desk/").content.decode()
    assert "Promises due" in page and f"/en/desk/v/{version.uid}/next/update/" in page
    with make.clock_at(due + 5 * MINUTE):
        page = make.sign_in(Client(), make.user("officer")).get("/en/desk/").content.decode()
    assert "Late 5 min" in page


def test_headquarters_reads_late_updates_and_late_reopenings() -> None:
    soon = make.in_hours(1)
    make.issued(next_update_at=soon, reopens_earliest=soon, reopens_latest=soon)
    person = make.user("headquarters", at=make.organisation("administration", code="house"))
    with make.clock_at(soon + 5 * MINUTE):
        page = make.sign_in(Client(), person).get("/en/headquarters/").content.decode()
    assert "Next update</small>" in page and "Reopening</small>" in page


def test_the_beat_rings_for_promises() -> None:
    assert tasks.remind.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert not Version.objects.exists()
