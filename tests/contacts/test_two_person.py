"""No one alone gives a seat that lets notices out, or changes somebody's keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError
from django.test import Client

from base.errors import Conflict, Refused
from base.models import AuditEntry
from contacts import people, two_person
from contacts.models import Invitation, Organisation, TwoPersonChange, User
from delivery.models import Delivery, Message
from tests import make

pytestmark = pytest.mark.django_db
State = TwoPersonChange.State


@pytest.fixture
def house() -> Organisation:
    return make.organisation("administration")


@pytest.fixture
def administrator(house: Organisation) -> User:
    return make.user("administrator", at=house)


@pytest.fixture
def second(house: Organisation) -> User:
    return make.user("headquarters", at=house)


def wish(by: User, **changes: Any) -> Any:
    wanted = {"email": "new@wgcs.example", "name": "New", "language": "en", "organisation": make.office()}
    return two_person.invite(by=by, **{**wanted, "role": "approver", "now": make.now(), **changes})


@pytest.mark.parametrize("role", ["approver", "headquarters", "administrator"])
def test_a_seat_that_lets_notices_out_is_given_by_two(
    administrator: User, second: User, house: Organisation, role: str
) -> None:
    at = make.office() if role == "approver" else house
    change = wish(administrator, role=role, organisation=at)
    assert not Invitation.objects.exists()
    with pytest.raises(two_person.SecondPersonNeeded):
        two_person.confirm(change, by=administrator, now=make.now())
    two_person.confirm(change, by=second, now=make.now())
    assert Invitation.objects.get().role == role
    actions = AuditEntry.objects.filter(action__startswith="two_person.").values_list("action", flat=True)
    assert list(actions) == ["two_person.ask", "two_person.confirm"]


def test_other_seats_are_given_by_one(administrator: User) -> None:
    assert isinstance(wish(administrator, role="officer"), Invitation)


def test_no_other_door_leads_to_such_a_seat(administrator: User) -> None:
    for second in (None, administrator):
        with pytest.raises(people.NeedsTwo):
            people.invite(
                by=administrator, second=second, email="x@wgcs.example", name="", language="en",
                organisation=make.office(), role="approver", now=make.now(),
            )  # fmt: skip


def test_the_database_refuses_one_person_as_both(administrator: User, second: User) -> None:
    change = wish(administrator)
    with pytest.raises(IntegrityError):
        TwoPersonChange.objects.filter(pk=change.pk).update(state=State.CONFIRMED, decided_by=administrator)


def test_whom_it_favours_does_not_confirm_it(administrator: User, second: User) -> None:
    other = make.user("administrator", at=administrator.seats()[0].organisation)
    change = wish(administrator, email=second.email)
    with pytest.raises(two_person.SecondPersonNeeded):
        two_person.confirm(change, by=second, now=make.now())
    two_person.confirm(change, by=other, now=make.now())


def test_who_may_confirm_gets_a_mail_that_says_what_waits(administrator: User, second: User) -> None:
    wish(administrator)
    told = Message.objects.get(publication__key__contains=":call:")
    assert administrator.name in told.text and "new@wgcs.example" in told.text and "/people/" in told.text


def test_a_lone_administrator_is_told_how_to_get_a_second(administrator: User) -> None:
    with pytest.raises(two_person.NobodyElse, match="createadmin"):
        wish(administrator)


def test_two_clicks_ask_once_and_two_confirmations_carry_out_once(administrator: User, second: User) -> None:
    change = wish(administrator)
    with pytest.raises(two_person.AlreadyAsked):
        wish(administrator)
    two_person.confirm(change, by=second, now=make.now())
    with pytest.raises(Conflict):
        two_person.confirm(change, by=second, now=make.now())
    assert Invitation.objects.count() == 1


def test_a_wish_is_good_for_seven_days(administrator: User, second: User) -> None:
    change = wish(administrator)
    with pytest.raises(Conflict):
        two_person.confirm(change, by=second, now=make.now() + timedelta(days=8))
    assert wish(administrator, now=make.now() + timedelta(days=8)).pk != change.pk


def test_who_asked_and_may_no_longer_ask_is_not_obeyed(administrator: User, second: User) -> None:
    change = wish(administrator)
    administrator.seat_set.update(ended_at=make.now())
    with pytest.raises(two_person.AskerGone):
        two_person.confirm(change, by=second, now=make.now())
    assert not Invitation.objects.exists()


def test_a_refused_wish_changes_nothing(administrator: User, second: User) -> None:
    change = wish(administrator)
    two_person.refuse(change, by=second, now=make.now())
    with pytest.raises(Conflict):
        two_person.confirm(change, by=second, now=make.now())
    assert not Invitation.objects.exists()


def test_a_lost_second_factor_is_reset_by_two_and_its_owner_is_told_and_signed_out(
    administrator: User, second: User
) -> None:
    officer = make.user("officer")
    session = make.sign_in(Client(), officer)
    assert session.get("/en/desk/").status_code == 200
    change = two_person.ask_factor_reset(officer, by=administrator, now=make.now())
    assert Authenticator.objects.filter(user=officer).exists()
    two_person.confirm(change, by=second, now=make.now())
    assert not Authenticator.objects.filter(user=officer).exists()
    assert session.get("/en/desk/").status_code == 302
    assert "second factor" in Message.objects.get(publication__key__endswith=officer.email).subject
    with pytest.raises(two_person.NoFactor):
        two_person.ask_factor_reset(officer, by=administrator, now=make.now())


def test_a_changed_e_mail_is_told_to_both_addresses_and_to_be_free(administrator: User, second: User) -> None:
    officer = make.user("officer")
    before = officer.email
    with pytest.raises(two_person.EmailTaken):
        two_person.ask_email_change(officer, by=administrator, email=second.email.upper(), now=make.now())
    change = two_person.ask_email_change(officer, by=administrator, email="moved@wgcs.example", now=make.now())
    two_person.confirm(change, by=second, now=make.now())
    officer.refresh_from_db()
    assert officer.email == "moved@wgcs.example"
    told = Message.objects.filter(publication__key__startswith=f"two-person:{change.uid}:")
    assert {one.publication.key.rsplit(":", 1)[1] for one in told} >= {before, "moved@wgcs.example"}


def test_nobody_changes_the_own_keys_this_way(administrator: User, second: User) -> None:
    for ask in (
        lambda: two_person.ask_factor_reset(administrator, by=administrator, now=make.now()),
        lambda: two_person.ask_email_change(administrator, by=administrator, email="a@b.example", now=make.now()),
    ):
        with pytest.raises(Refused):
            ask()


def test_two_people_change_an_approver_in_the_browser(administrator: User, second: User) -> None:
    asks, confirms = make.sign_in(Client(), administrator), make.sign_in(Client(), second)
    fields = {"email": "night@wgcs.example", "name": "Night", "organisation": make.office().pk, "language": "en"}
    page = asks.post("/en/people/invite/", {**fields, "role": "approver"}, follow=True).content.decode()
    assert "A second person must confirm it" in page and "Somebody else confirms it." in page
    assert "night@wgcs.example" in confirms.get("/en/people/").content.decode()
    change = TwoPersonChange.objects.get()
    page = confirms.post(f"/en/people/changes/{change.uid}/confirm/", follow=True).content.decode()
    assert "Confirmed. It is done." in page and "Invitations not yet accepted" in page


def test_who_asked_for_new_keys_and_is_no_administrator_any_more_is_not_obeyed(
    administrator: User, second: User
) -> None:
    officer = make.user("officer")
    make.sign_in(Client(), officer)  # sets the second factor up
    change = two_person.ask_factor_reset(officer, by=administrator, now=make.now())
    administrator.seat_set.update(ended_at=make.now())
    make.seat(administrator, "association_manager", at=make.association())
    with pytest.raises(two_person.AskerGone):
        two_person.confirm(change, by=second, now=make.now())
    assert Authenticator.objects.filter(user=officer).exists()


@pytest.mark.parametrize(("verb", "said"), [(two_person.confirm, "Confirmed"), (two_person.refuse, "Refused")])
def test_who_asked_is_told_what_the_second_person_said(
    administrator: User, second: User, verb: Any, said: str
) -> None:
    change = wish(administrator)
    verb(change, by=second, now=make.now())
    told = Message.objects.get(publication__key__endswith=":answer")
    assert told.subject.startswith(said) and second.name in told.text and "new@wgcs.example" in told.text


def test_the_end_of_an_approvers_seat_is_told_to_its_holder_and_to_the_others(
    administrator: User, second: User
) -> None:
    approver = make.user("approver")
    people.end_seat(approver.seats()[0], by=administrator, now=make.now())
    told = Delivery.objects.filter(publication__key__startswith="seat-end:")
    assert set(told.values_list("address__key", flat=True)) == {approver.email, second.email}
    people.end_seat(make.user("officer").seats()[0], by=administrator, now=make.now())
    assert told.count() == 2


def test_the_switched_off_account_of_an_approver_is_told_too(administrator: User, second: User) -> None:
    approver = make.user("approver")
    people.switch_off(approver, by=administrator, now=make.now())
    told = Message.objects.filter(publication__key__startswith="switch-off:")
    assert told.count() == 2 and administrator.name in told[0].text
