"""What became of a place: hours of downtime, estimates beside what came, promised updates kept or late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notices import record
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def thread_of(version: Version) -> list[Version]:
    versions = Version.objects.public().filter(notice=version.notice_id).prefetch_related("rows__place")
    (thread,) = record.threads(versions)
    return thread


def hours(thread: list[Version], at: datetime, place: str = "ESALG") -> float:
    return sum((end - start) / HOUR for start, end in record.merged(record.shut_spans(thread, place, now=at)))


def test_closure_counts_until_its_end_or_until_now() -> None:
    now = make.now()
    lasting, ended = make.issued(title="Gale"), make.issued(title="Works", ends_at=make.in_hours(2))
    assert hours(thread_of(lasting), now + 5 * HOUR) == pytest.approx(5, abs=0.02)
    assert hours(thread_of(ended), now + 5 * HOUR) == pytest.approx(2, abs=0.02)


def test_what_an_update_opened_counts_no_more() -> None:
    first = make.issued(title="Gale")
    make.next_version(first.notice, make.row(status="congested"), title="Gale over, queues", at=make.in_hours(3))
    assert hours(thread_of(first), make.now() + 9 * HOUR) == pytest.approx(3, abs=0.02)


def test_two_closures_at_once_count_once() -> None:
    start = datetime(2027, 3, 1, tzinfo=UTC)
    spans = [(start, start + 4 * HOUR), (start + 2 * HOUR, start + 6 * HOUR), (start + 8 * HOUR, start + 9 * HOUR)]
    assert sum((end - begin) / HOUR for begin, end in record.merged(spans)) == 7


def test_months_are_those_of_the_place_and_hold_every_hour_once() -> None:
    start = datetime(2027, 2, 28, 20, tzinfo=UTC)  # 1 March begins at 23:00 UTC in Madrid
    months = record.by_month([(start, start + 6 * HOUR)], zone="Europe/Madrid", now=datetime(2027, 3, 9, tzinfo=UTC))
    assert len(months) == 12
    assert [(f"{month.first:%Y-%m}", month.hours) for month in months[-2:]] == [("2027-02", 3.0), ("2027-03", 3.0)]


def test_nights_of_a_weekly_pattern_are_counted_by_the_clock_on_the_wall() -> None:
    start = datetime(2027, 3, 1, 11, tzinfo=UTC)
    night = make.row(starts_at=start, qualifier={"hours": "18:00-06:00", "days": "daily"})
    version = make.issued(night, starts_at=start, title="Nights")
    assert hours(thread_of(version), start + timedelta(days=2)) == pytest.approx(24, abs=0.3)


def test_first_estimate_stands_beside_what_came() -> None:
    first = make.issued(reopens_earliest=make.in_hours(2), reopens_latest=make.in_hours(4), title="Gale")
    assert record.reopening(thread_of(first), now=make.now()) is None
    later = {"reopens_earliest": make.in_hours(8), "reopens_latest": make.in_hours(9)}
    make.next_version(first.notice, title="Longer", at=make.in_hours(3), **later)
    opened = make.in_hours(6)
    make.next_version(
        first.notice, make.row(status="open"), action="all_clear", title="Open again", starts_at=opened, at=opened
    )
    found = record.reopening(thread_of(first), now=make.in_hours(7))
    assert found is not None and found.version.number == 1
    assert found.late == pytest.approx(timedelta(hours=2), abs=timedelta(minutes=2))


def test_promised_update_is_kept_by_a_newer_version_in_time_and_else_late() -> None:
    kept = make.issued(next_update_at=make.in_hours(2), title="Kept")
    broken = make.issued(next_update_at=make.in_hours(2), title="Broken")
    waiting = make.issued(next_update_at=make.in_hours(20), title="Waiting")
    make.next_version(kept.notice, title="In time", next_update_at=None, at=make.in_hours(1))
    make.next_version(broken.notice, title="Late", next_update_at=None, at=make.in_hours(5))
    found = record.kept([thread_of(one) for one in (kept, broken, waiting)], now=make.in_hours(6))
    assert (found.in_time, found.promised) == (1, 2)
    assert found.median_late == pytest.approx(timedelta(hours=3), abs=timedelta(minutes=2))


def test_exercise_is_no_downtime_and_a_withdrawal_ends_it() -> None:
    first = make.issued(title="Mistake")
    make.next_version(first.notice, action="withdraw", at=make.in_hours(1))
    assert hours(thread_of(first), make.now() + 9 * HOUR) == pytest.approx(1, abs=0.02)
