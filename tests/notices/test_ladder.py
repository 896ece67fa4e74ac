"""Planned work is reminded of: a day and two hours before, at its start and at its end; each once, and never late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from contacts import expansion
from delivery.models import Delivery, Publication
from delivery.states import State
from notices import ladder
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def planned(start: datetime, **fields: Any) -> Version:
    """Announced now, and read by one member."""
    row = make.row(starts_at=start)
    version = make.issued(row, starts_at=start, ends_at=start + timedelta(hours=4), **fields)
    read(version)
    return version


def read(version: Version) -> None:
    expansion.expand(version.publication_id, now=make.now())
    Delivery.objects.filter(publication=version.publication_id).update(state=State.ACCEPTED)


def subjects() -> list[str]:
    found = Publication.objects.filter(key__startswith="reminder:").order_by("pk")
    return [one.messages.get(language="en").subject for one in found]


def test_each_rung_is_climbed_once_at_its_hour() -> None:
    start = make.in_hours(48)
    planned(start, title="Crane work")
    moments = [-timedelta(hours=25), -timedelta(hours=24), -timedelta(hours=2), timedelta(0), timedelta(hours=4)]
    assert [ladder.sweep(now=start + before + MINUTE) for before in moments] == [0, 1, 1, 1, 1]
    assert [ladder.sweep(now=start + before + 2 * MINUTE) for before in moments] == [0] * 5
    said = [subject.split("] ")[1].split(": Crane work")[0] for subject in subjects()]
    assert said == [
        "Reminder: starts in 24 hours", "Reminder: starts in 2 hours",
        "Starts now, as planned", "Ends now, as planned",
    ]  # fmt: skip


def test_a_reminder_reaches_those_who_had_the_notice_and_nobody_else() -> None:
    start = make.in_hours(48)
    planned(start)
    make.member_list(None, "came.later@member.invalid")
    ladder.sweep(now=start - timedelta(hours=24) + MINUTE)
    reminder = Publication.objects.get(key__startswith="reminder:")
    expansion.expand(reminder.pk, now=make.now())
    got = Delivery.objects.filter(publication=reminder).values_list("address__key", flat=True)
    assert list(got) == ["reader@member.invalid"]


def test_what_was_announced_shortly_before_is_not_said_again() -> None:
    planned(make.in_hours(24.5))
    assert ladder.sweep(now=make.in_hours(0.6)) == 0


def test_a_rung_missed_while_nothing_ran_is_skipped() -> None:
    start = make.in_hours(48)
    planned(start)
    assert ladder.sweep(now=start - timedelta(hours=23)) == 0
    assert ladder.sweep(now=start + timedelta(hours=6)) == 0


def test_what_happened_unannounced_is_no_planned_work() -> None:
    version = make.issued(starts_at=make.in_hours(-3), ends_at=make.in_hours(5))
    read(version)
    assert ladder.sweep(now=make.in_hours(5) + MINUTE) == 0


def test_an_update_moves_the_ladder_and_ends_the_old_reminders() -> None:
    start, later = make.in_hours(48), make.in_hours(60)
    first = planned(start)
    ladder.sweep(now=start - timedelta(hours=24) + MINUTE)
    reminder = Publication.objects.get(key__startswith="reminder:")
    second = make.next_version(first.notice, make.row(starts_at=later), starts_at=later, ends_at=make.in_hours(80))
    read(second)
    reminder.refresh_from_db()
    assert reminder.stop_state == State.SUPERSEDED
    assert ladder.sweep(now=start + MINUTE) == 0
    assert ladder.sweep(now=later + MINUTE) == 1


@pytest.mark.parametrize("action", ["withdraw", "all_clear"])
def test_what_is_withdrawn_or_clear_again_reminds_nobody(action: str) -> None:
    start = make.in_hours(48)
    first = planned(start)
    make.next_version(first.notice, action=action)
    assert ladder.sweep(now=start + MINUTE) == 0


def test_an_exercise_reminds_nobody() -> None:
    start = make.in_hours(48)
    planned(start, status="Exercise")
    assert ladder.sweep(now=start + MINUTE) == 0


def test_one_version_that_fails_keeps_no_other_from_its_reminder(monkeypatch: pytest.MonkeyPatch) -> None:
    start = make.in_hours(48)
    broken, sound = planned(start, title="Broken"), planned(start, title="Sound")
    real = ladder.render.mail

    def mail(version: Version, *args: Any, **kwargs: Any) -> Any:
        if version.pk == broken.pk:
            raise ValueError("a fault that a test asked for")
        return real(version, *args, **kwargs)

    monkeypatch.setattr(ladder.render, "mail", mail)
    assert ladder.sweep(now=start - timedelta(hours=24) + MINUTE) == 1
    assert Publication.objects.get(key__startswith="reminder:").key.startswith(f"reminder:{sound.uid}")
