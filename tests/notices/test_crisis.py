"""The page of a crisis: opened, changed and closed by headquarters, each change told to everybody without a name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from base.models import AuditEntry
from base.words import Role
from contacts.models import User
from notices import crisis as crises
from notices.crisis import Content
from notices.models import Crisis, CrisisChange
from tests import make
from tests.notices import closures

pytestmark = pytest.mark.django_db
TEXTS = {"en": {"title": "Flood", "situation": "The gates are flooded. Ships still work."}}


@pytest.fixture
def chief() -> User:
    return make.user("headquarters")


def content(**parts: Any) -> Content:
    return Content(**{"texts": TEXTS, "places": [make.place()], **parts})


def edited(crisis: Crisis, chief: User, **parts: Any) -> Crisis:
    return crises.edit(crisis, content=content(**parts), seen=crisis.edits, by=chief, now=make.now())


def said(crisis: Crisis) -> list[str]:
    """The public log, the newest first, as readers see it."""
    return [str(one.get_what_display()) for one in crisis.changes.all()]


def test_page_opens_with_a_level_and_a_reference_that_lasts() -> None:
    first, second = make.crisis(), make.crisis(level="watch")
    assert first.reference == f"CR-{make.now().year}-0001" and second.reference.endswith("-0002")
    assert said(first) == ["Level set to crisis", "Page opened"]
    assert list(Crisis.objects.open()) == [first, second]


def test_form_that_is_sent_twice_opens_one_page(chief: User) -> None:
    uid = uuid4()
    pages = [
        crises.open_page(uid=uid, content=content(), level="watch", by=chief, now=make.now()) for _twice in range(2)
    ]
    assert pages[0] == pages[1] and CrisisChange.objects.filter(what="opened").count() == 1


def test_no_page_opens_at_normal(chief: User) -> None:
    with pytest.raises(crises.NoLevel):
        crises.open_page(uid=uuid4(), content=content(), level="normal", by=chief, now=make.now())


def test_level_of_the_site_is_that_of_the_gravest_open_page(chief: User) -> None:
    assert crises.level() == "normal"
    watch, grave = make.crisis(level="watch"), make.crisis()
    assert crises.level() == "crisis"
    crises.set_level(grave, level="normal", seen=grave.edits, by=chief, now=make.now())
    assert crises.level() == watch.level


def test_log_says_what_was_changed_and_never_by_whom(chief: User) -> None:
    crisis = make.crisis()
    rewritten = {"en": {"title": "Flood", "situation": "One lane is open. Ships still work."}}
    links = [("Coast guard", "https://coast.example/")]
    crisis = edited(crisis, chief, texts=rewritten, places=[make.place("ESVLC")], partners=links)
    assert said(crisis)[:4] == ["Partner pages changed", "Places removed", "Places added", "Situation rewritten"]
    assert crisis.changes.get(what="places_added").about == ["ESVLC"]
    assert not [field.name for field in CrisisChange._meta.get_fields() if field.related_model is User]


def test_every_change_is_an_entry_of_the_audit_trail_with_who_and_what_it_said_before(chief: User) -> None:
    crisis = make.crisis(by=chief)
    edited(crisis, chief, texts={"en": {"title": "Flood", "situation": "It falls."}})
    opened, change = AuditEntry.objects.filter(target=f"crisis:{crisis.reference}").order_by("pk")
    assert {opened.actor, change.actor} == {str(chief.pk)}
    assert change.facts == {"changes": [["situation", []]], "before": TEXTS}


def test_saving_what_stands_already_changes_nothing(chief: User) -> None:
    crisis = make.crisis()
    assert edited(crisis, chief).edits == 1 and len(said(crisis)) == 2


def test_second_of_two_editors_is_told_and_overwrites_nothing(chief: User) -> None:
    crisis = make.crisis()
    edited(crisis, chief, contacts=[("Drivers", "+44 1632 960144")])
    with pytest.raises(crises.StaleCrisis):
        edited(crisis, chief, contacts=[("Nobody", "+44 1632 960000")])
    crisis.refresh_from_db()
    assert crisis.contacts == [["Drivers", "+44 1632 960144"]]


def test_closing_on_a_screen_that_is_out_of_date_is_told_too(chief: User) -> None:
    crisis = make.crisis()
    crises.set_level(crisis, level="watch", seen=1, by=chief, now=make.now())
    with pytest.raises(crises.StaleCrisis):
        crises.set_level(crisis, level="normal", seen=1, by=chief, now=make.now())
    crises.set_level(crisis, level="watch", seen=1, by=chief, now=make.now())  # sent twice: it is so already
    assert said(crisis) == ["Level set to watch", "Level set to crisis", "Page opened"]


def test_closed_page_keeps_its_words_until_it_is_opened_again(chief: User) -> None:
    crisis = make.crisis()
    crisis = crises.set_level(crisis, level="normal", seen=1, by=chief, now=make.now())
    assert not crisis.is_open and crisis in Crisis.objects.over()
    with pytest.raises(crises.Over):
        edited(crisis, chief, texts={"en": {"title": "Storm", "situation": "No."}})
    crisis = crises.set_level(crisis, level="watch", seen=crisis.edits, by=chief, now=make.now())
    assert crisis.is_open and edited(crisis, chief, contacts=[("Drivers", "1")]).contacts


def test_archive_keeps_how_the_places_stood_as_it_closed(chief: User) -> None:
    make.issued(make.row(make.place("ESVLC")), title="Flood")
    crisis = make.crisis(make.place("ESVLC"), make.place("ESALG"))
    crisis = crises.set_level(crisis, level="normal", seen=1, by=chief, now=make.now())
    assert crisis.archive["places"] == [["ESVLC", "closed"], ["ESALG", "open"]]


def test_partner_page_says_when_it_was_checked_and_checking_disturbs_no_editor(chief: User) -> None:
    yesterday = make.now() - timedelta(days=1)
    crisis = make.crisis(at=yesterday, partners=[("Coast guard", "https://coast.example/")])
    (page,) = crisis.partners.all()
    assert page.checked_at == yesterday
    crises.check_partner(page, by=chief, now=make.now())
    both = [("Coast guard, weather", "https://coast.example/"), ("Roads", "https://roads.example/")]
    crisis = edited(crisis, chief, partners=both)
    assert [(one.name, one.checked_at > yesterday) for one in crisis.partners.all()] == [
        ("Coast guard, weather", True), ("Roads", True),
    ]  # fmt: skip
    assert crisis.changes.get(what="checked").about == ["Coast guard"]


def test_notices_of_a_page_are_those_of_its_places_unless_they_are_chosen(chief: User) -> None:
    here = make.issued(make.row(make.place("ESVLC")), title="Flood").notice
    there = make.issued(make.row(make.place("GBDVR")), title="Gale").notice
    make.issued(make.row(make.place("ESVLC")), title="Exercise: flood", status="Exercise")
    crisis = make.crisis(make.place("ESVLC"))
    assert list(crises.notices_of(crisis, now=make.now())) == [here]
    crisis = edited(crisis, chief, places=[make.place("ESVLC")], notices=[there])
    assert list(crises.notices_of(crisis, now=make.now())) == [there]


def test_archive_tells_the_notices_of_its_days_also_when_they_are_over(chief: User) -> None:
    early, before, opened, during, closed, late = (make.in_hours(hours) for hours in (-72, -60, -48, -36, -24, -12))
    place = make.place("ESVLC")
    closures.issued(place, now=early, ends_at=before)
    of_its_days = closures.issued(place, now=during, ends_at=closed)
    closures.issued(place, now=late)
    crisis = make.crisis(place, at=opened)
    crisis = crises.set_level(crisis, level="normal", seen=1, by=chief, now=closed)
    assert list(crises.notices_of(crisis, now=make.now())) == [of_its_days.notice]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.HEADQUARTERS])
def test_nobody_but_headquarters_opens_changes_or_closes(role: Role) -> None:
    crisis, other = make.crisis(partners=[("Coast guard", "https://coast.example/")]), make.user(role)
    for deed in (
        lambda: make.crisis(by=other),
        lambda: edited(crisis, other, contacts=[("Drivers", "1")]),
        lambda: crises.set_level(crisis, level="normal", seen=1, by=other, now=make.now()),
        lambda: crises.check_partner(crisis.partners.get(), by=other, now=make.now()),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    assert said(crisis) == ["Level set to crisis", "Page opened"]


@pytest.mark.parametrize("facts", [{"level": "normal"}, {"closed_at": make.now() + timedelta(days=1)}])
def test_database_refuses_a_page_that_is_half_closed(facts: dict[str, Any]) -> None:
    crisis = make.crisis()
    with pytest.raises(IntegrityError), transaction.atomic():
        Crisis.objects.filter(pk=crisis.pk).update(**facts)
