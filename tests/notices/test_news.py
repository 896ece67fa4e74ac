"""What is new for an association since one of its people marked all as seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from base.words import Role
from contacts.models import Membership
from notices import news
from notices.models import Mark
from tests import make
from tests.contacts import book
from tests.dialogue import people

from . import closures

pytestmark = pytest.mark.django_db
NOW = make.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def scene() -> Any:
    class Scene:
        association = book.association("hauliers")
        manager = people.person(Role.ASSOCIATION_MANAGER, association)
        dover = people.place("GBDVR", people.organisation())
        members = book.member_list(association)

    book.membership(Scene.members, "one@hauliers.example", places=[Scene.dover.pk])
    return Scene


def told(scene: Any, *, since: Any = NOW - HOUR, now: Any = NOW + HOUR) -> list[tuple[str, str, int]]:
    found = news.changes(scene.association, since=since, now=now)
    return [(one.word, one.version.notice.reference, one.version.number) for one in found]


def test_new_notice_is_told_until_it_is_marked_as_seen(scene: Any) -> None:
    version = closures.issued(scene.dover, now=NOW)
    assert told(scene) == [("New notice", version.notice.reference, 1)]
    news.see_all(scene.association, by=scene.manager, until=NOW + HOUR, now=NOW + HOUR)
    assert told(scene, since=news.seen_until(scene.association, scene.manager, now=NOW + HOUR)) == []


def test_what_came_after_the_page_was_drawn_stays_new(scene: Any) -> None:
    news.see_all(scene.association, by=scene.manager, until=NOW - HOUR, now=NOW + HOUR)
    closures.issued(scene.dover, now=NOW)
    assert len(told(scene, since=news.seen_until(scene.association, scene.manager, now=NOW + HOUR))) == 1


def test_mark_never_goes_back_and_never_ahead_of_the_clock(scene: Any) -> None:
    for until in (NOW + 9 * HOUR, NOW - HOUR):
        news.see_all(scene.association, by=scene.manager, until=until, now=NOW)
    assert Mark.objects.get().at == NOW


def test_each_person_has_a_mark_of_their_own(scene: Any) -> None:
    colleague = people.person(Role.MEMBER, scene.association)
    news.see_all(scene.association, by=scene.manager, until=NOW, now=NOW)
    assert news.seen_until(scene.association, colleague, now=NOW) == NOW - news.LOOK_BACK
    with pytest.raises(PermissionDenied):
        news.see_all(scene.association, by=people.person(Role.OFFICER, people.organisation()), until=NOW, now=NOW)


def test_newest_version_is_told_once_with_the_word_of_its_button(scene: Any) -> None:
    version = closures.issued(scene.dover, now=NOW - 3 * HOUR)
    make.next_version(version.notice)
    assert told(scene) == [("Update", version.notice.reference, 2)]
    make.next_version(version.notice, action="withdraw")
    assert told(scene) == [("Withdrawal", version.notice.reference, 3)]


def test_notice_that_ended_by_itself_is_news(scene: Any) -> None:
    version = closures.issued(scene.dover, now=NOW - 3 * HOUR, ends_at=NOW)
    assert told(scene) == [("Over", version.notice.reference, 1)]
    assert told(scene, now=NOW - timedelta(minutes=1)) == []


def test_notice_for_others_is_no_news_and_one_that_left_our_places_is(scene: Any) -> None:
    version = closures.issued(scene.dover, now=NOW - 3 * HOUR)
    calais = people.place("FRCQF", version.notice.office, zone="Europe/Paris")
    closures.issued(calais, now=NOW)
    assert told(scene) == []
    make.next_version(version.notice, make.row(calais))
    assert told(scene) == [("Update", version.notice.reference, 2)]
    Membership.objects.update(places=[calais.pk])
    assert len(told(scene)) == 2


def test_exercises_are_no_news(scene: Any) -> None:
    make.issued(make.row(scene.dover), status="Exercise")
    assert told(scene) == []
