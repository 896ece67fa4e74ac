"""Accounts come by invitation alone, once; seats end at once; nobody changes the own ones."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from base.errors import Refused
from base.models import AuditEntry
from contacts import people
from contacts.models import Invitation, Organisation, Seat, User
from delivery.models import Message
from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "tide tables and lanterns"


@pytest.fixture
def administrator():
    return make.user("administrator", at=make.organisation("administration"))


def invite(by, **changes) -> Invitation:
    wanted = {
        "email": "new.officer@wgcs.example",
        "name": "New Officer",
        "language": "en",
        "organisation": make.office(),
        "role": "officer",
        "now": make.now(),
    }
    return people.invite(by=by, **wanted | changes)


def page_of(invitation: Invitation) -> str:
    sent = Message.objects.get(publication__key=f"invitation:{invitation.uid}")
    link = re.search(r"https?://[^/]+(/\S+)", sent.text)
    assert link
    return link[1]


def test_invited_person_makes_an_account_and_holds_the_seat(administrator, client: Client):
    page = page_of(invite(administrator))
    assert "is invited as Officer" in client.get(page).content.decode()
    assert not User.objects.filter(email="new.officer@wgcs.example").exists()  # a GET accepts nothing
    answer = client.post(page, {"name": "New Officer", "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    user = User.objects.get(email="new.officer@wgcs.example")
    assert [(seat.role, seat.organisation.code) for seat in user.seats()] == [("officer", "of-alg")]
    assert user.check_password(PASSWORD)
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"person.invite", "person.accept"}


def test_link_of_an_invitation_is_good_once(administrator, client: Client):
    page = page_of(invite(administrator))
    client.post(page, {"name": "New Officer", "password": PASSWORD})
    assert client.get(page).status_code == 404
    assert client.post(page, {"name": "Other", "password": PASSWORD}).status_code == 404


def test_two_at_once_make_one_account(administrator):
    invitation = invite(administrator)
    people.accept(invitation, name="First", password=PASSWORD, now=make.now())
    with pytest.raises(people.BadInvitation):
        people.accept(invitation, name="Second", password=PASSWORD, now=make.now())
    assert User.objects.filter(email=invitation.email).count() == 1


def test_link_of_an_invitation_ends_after_seven_days(administrator, client: Client):
    assert client.get(page_of(invite(administrator, now=make.now() - timedelta(days=8)))).status_code == 404


def test_second_invitation_ends_the_first(administrator, client: Client):
    first, second = page_of(invite(administrator)), page_of(invite(administrator))
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)


def test_link_that_was_changed_opens_nothing(client: Client):
    assert client.get(reverse("invitation", args=["abc:def:ghi"])).status_code == 404


@pytest.mark.parametrize("password", ["short", "password1234", "new.officer@wgcs.example"])
def test_weak_password_is_refused_with_a_reason(administrator, client: Client, password: str):
    answer = client.post(page_of(invite(administrator)), {"name": "New Officer", "password": password})
    assert answer.status_code == 422
    assert "f-err" in answer.content.decode()


def test_who_has_an_account_takes_the_seat_signed_in_as_that_account_only(administrator):
    person = make.user("officer")
    second = make.user("headquarters")
    page = page_of(invite(administrator, email=person.email, role="approver", second=second))
    assert Client().post(page, {"name": "Thief", "password": PASSWORD}).url.startswith(reverse("account_login"))
    other = make.sign_in(Client(), make.user("officer"))
    assert other.post(page).url.startswith(reverse("account_login"))
    assert make.sign_in(Client(), person).post(page).status_code == 302
    assert person.seat_set.filter(role="approver", ended_at=None).exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"role": "association_manager"}, people.WrongSeat),
        ({"email": "no address"}, Refused),
        ({"organisation": None}, people.WrongSeat),
    ],
)
def test_invitation_that_cannot_be_is_refused(administrator, changes: dict, why: type[Refused]):
    if "organisation" in changes:
        changes = {"organisation": make.organisation("company")}
    with pytest.raises(why):
        invite(administrator, **changes)


def test_nobody_gives_or_ends_the_own_seat(administrator):
    with pytest.raises(people.OwnSeat):
        invite(administrator, email=administrator.email.upper())
    with pytest.raises(people.OwnSeat):
        people.end_seat(Seat.objects.get(user=administrator), by=administrator, now=make.now())
    with pytest.raises(people.OwnSeat):
        people.switch_off(administrator, by=administrator, now=make.now())


def test_administrator_invites_in_the_browser(administrator, client: Client):
    make.sign_in(client, administrator)
    wanted = {
        "email": "New.Officer@WGCS.example",
        "name": "",
        "organisation": make.office().pk,
        "role": "officer",
        "language": "fr",
    }
    answer = client.post(reverse("people_invite"), wanted, follow=True)
    assert "new.officer@wgcs.example" in answer.content.decode()
    sent = Message.objects.get()
    assert sent.language == "fr"
    assert "/fr/invitation/" in sent.text


def test_association_manager_invites_at_the_own_association_alone(client: Client):
    mine, other = make.association(), make.association()
    theirs = make.user("member", at=other)
    make.sign_in(client, make.user("association_manager", at=mine))
    wanted = {"email": "new@member.example", "role": "member", "language": "en"}
    assert client.post(reverse("people_invite"), wanted | {"organisation": mine.pk}).status_code == 302
    assert client.post(reverse("people_invite"), wanted | {"organisation": other.pk}).status_code == 422
    assert theirs.email not in client.get(reverse("people")).content.decode()
    assert client.post(reverse("seat_end", args=[theirs.seats()[0].pk])).status_code == 404
    assert client.post(reverse("person_switch_off", args=[theirs.pk])).status_code == 403


@pytest.mark.parametrize("role", ["officer", "approver", "liaison", "member"])
def test_others_see_no_people(client: Client, role: str):
    kind = Organisation.Kind.ASSOCIATION if role == "member" else Organisation.Kind.OFFICE
    make.sign_in(client, make.user(role, at=make.organisation(kind)))
    assert client.get(reverse("people")).status_code == 403
    assert client.get(reverse("people_invite")).status_code == 403


@pytest.mark.parametrize("role", ["headquarters", "auditor"])
def test_headquarters_and_auditor_see_people_and_change_nothing(client: Client, role: str):
    officer = make.user("officer")
    make.sign_in(client, make.user(role, at=make.organisation("administration")))
    page = client.get(reverse("people")).content.decode()
    assert officer.email in page
    assert reverse("people_invite") not in page
    assert client.post(reverse("seat_end", args=[officer.seats()[0].pk])).status_code == 403
    assert client.post(reverse("person_switch_off", args=[officer.pk])).status_code == 403


# SEC-02
def test_open_session_may_nothing_more_once_its_seat_ends(administrator):
    officer = make.user("officer")
    at_work = make.sign_in(Client(), officer)
    assert at_work.get(reverse("notice_new")).status_code == 200
    make.sign_in(Client(), administrator).post(reverse("seat_end", args=[officer.seats()[0].pk]))
    assert at_work.get(reverse("notice_new")).status_code == 403


# SEC-02
def test_open_session_is_refused_once_the_account_is_switched_off(administrator):
    officer = make.user("officer")
    at_work = make.sign_in(Client(), officer)
    make.sign_in(Client(), administrator).post(reverse("person_switch_off", args=[officer.pk]))
    answer = at_work.get(reverse("desk"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert AuditEntry.objects.filter(action="user.switch_off").exists()
