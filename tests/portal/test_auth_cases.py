"""Situations with accounts, open sessions and lost ones, each with the outcome that is right."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from contacts.models import Seat
from delivery.models import Publication
from notices import schedule
from notices.models import Version
from tests import make
from tests.dialogue import people
from tests.notices.test_live import typed

from .test_fresh_proof import prove

pytestmark = pytest.mark.django_db
FOLLOW = {"least_severity": "Minor", "language": "en"}


# SEC-01
@pytest.mark.parametrize("name", ["follow", "follow_manage_link", "case_links"])
def test_forms_for_everybody_answer_known_and_unknown_mailboxes_alike_and_as_fast(name: str) -> None:
    on = make.member_list(None, *(f"known{number}@member.invalid" for number in range(12)))
    took: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for number, member in enumerate(on.memberships.select_related("address")):
        people.case(email=member.address.value)
        for is_known, email in ((True, member.address.value), (False, f"nobody{number}@member.invalid")):
            network = {"REMOTE_ADDR": f"{11 + number}.{int(is_known)}.0.1"}  # no limit of a network answers
            began = time.perf_counter()
            answer = Client().post(reverse(name), {**FOLLOW, "email": email}, **network)
            took[is_known].append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.get("Location")))
    assert len(answers) == 1 and answers.pop()[0] == 302
    assert 0.5 < median(took[True]) / median(took[False]) < 2, {who: median(s) for who, s in took.items()}


def without_account(person: Any) -> None:
    person.is_active = False
    person.save()


def without_seat(person: Any) -> None:
    Seat.objects.filter(user=person).update(ended_at=make.now())


# SEC-02
@pytest.mark.parametrize("loses", [without_account, without_seat])
def test_publish_is_refused_to_who_lost_the_right_while_the_page_was_open(loses: Any) -> None:
    version = make.pending()
    approver = make.user("approver")
    client, decide = make.sign_in(Client(), approver), reverse("version_decide", args=[version.uid])
    assert version.digest in client.get(decide).content.decode()
    loses(approver)
    answer = client.post(decide, {"decision": "approve", "digest": version.digest})
    assert answer.status_code in (302, 403, 404)
    assert answer.status_code != 302 or answer["Location"].startswith(reverse("account_login"))
    version.refresh_from_db()
    assert (version.state, Publication.objects.count()) == (Version.State.PENDING, 0)


# SEC-02
@pytest.mark.parametrize("loses", [without_account, without_seat])
def test_what_waits_for_its_hour_in_the_name_of_who_left_is_shown_to_who_can_let_it_out(loses: Any) -> None:
    approver = make.user("approver")
    version = make.scheduled(title="Crane works", approver=approver)
    watching = make.user("headquarters", at=make.organisation("administration"))
    loses(approver)
    for person in (make.user("approver"), watching):
        page = make.sign_in(Client(), person).get("/en/desk/").content.decode()
        assert "Crane works" in page and "It does not go out by itself." in page, person
    assert schedule.sweep(now=make.in_hours(2)) == 0
    version.refresh_from_db()
    assert version.state == Version.State.SCHEDULED


# SEC-08
def test_text_that_was_sent_after_the_session_ended_is_kept_and_goes_out_once() -> None:
    version = make.written(title="As it was saved")
    make.member_list(None, "reader@member.invalid")
    edit = reverse("version_edit", args=[version.uid])
    client = make.sign_in(Client(), version.author)
    assert client.get(edit).status_code == 200
    Session.objects.all().delete()  # seventy minutes later
    late = typed(title_en="Typed for an hour", edit_number="2", **{"row-0-traffic": ["cargo"]})
    asked = client.post(edit, late)
    assert asked["Location"].startswith(reverse("account_login")) and edit in asked["Location"]
    make.sign_in(client, version.author)
    page = client.get(edit)
    assert 'value="Typed for an hour"' in page.content.decode()
    for _click in range(2):
        answer = client.post(edit, late)
    assert answer.status_code in (302, 409)
    version.refresh_from_db()
    assert version.texts.get().title == "Typed for an hour"
    for _click in range(2):
        client.post(reverse("version_submit", args=[version.uid]))
    version.refresh_from_db()
    approver = make.sign_in(Client(), make.user("approver"), minutes_ago=70)
    decide = reverse("version_decide", args=[version.uid])
    asked = approver.post(decide, {"decision": "approve", "digest": version.digest})
    assert asked["Location"].startswith(reverse("mfa_reauthenticate"))
    prove(approver, asked)
    approver.post(decide, {"decision": "approve", "digest": version.digest})
    version.refresh_from_db()
    assert (version.state, Publication.objects.count()) == (Version.State.ISSUED, 1)
