"""A notice to far more people than usual asks its approver to type their number; who hears of it, by association."""

from __future__ import annotations

import pytest
from django.test import Client

from contacts import expansion
from delivery.models import Batch
from notices import guard, lifecycle
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
LOCODE = "ESALG"


def people(many: int, name: str) -> list[str]:
    return [f"{name}{number}@member.invalid" for number in range(many)]


def used_to(many: int, *, notices: int = guard.FEWEST_KNOWN) -> None:
    """An office whose last notices went to so many people each."""
    make.member_list(None, *people(many, "old"))
    for _number in range(notices):
        expansion.expand(make.issued().publication_id or 0, now=make.now())


def big() -> Version:
    make.member_list(None, *people(20, "new"))
    return make.pending()


def test_three_times_the_usual_asks_for_the_number() -> None:
    used_to(5)
    version, approver = big(), make.user("approver")
    for typed in ("", "5", "26"):
        with pytest.raises(guard.NotTyped, match="25"):
            lifecycle.approve(version, by=approver, digest=version.digest, typed=typed, now=make.now())
    assert Version.objects.get(pk=version.pk).state == "pending"
    approved = lifecycle.approve(version, by=approver, digest=version.digest, typed=" 25 ", now=make.now())
    assert approved.state == "issued"


def test_less_than_three_times_the_usual_asks_nothing() -> None:
    used_to(10)
    version = big()
    approver = make.user("approver")
    assert lifecycle.approve(version, by=approver, digest=version.digest, now=make.now()).state == "issued"


def test_people_who_were_tried_again_and_again_are_counted_once() -> None:
    used_to(5)
    for number in (2, 3):  # each retry is a batch of its own
        for batch in Batch.objects.filter(number=1):
            batch.pk, batch.number = None, number
            batch.save()
    assert guard.usual(Version.objects.earliest("pk").notice.office) == 5


def test_an_office_without_a_history_has_no_usual_number() -> None:
    used_to(5, notices=guard.FEWEST_KNOWN - 1)
    version = big()
    assert guard.usual(version.notice.office) is None
    approver = make.user("approver")
    assert lifecycle.approve(version, by=approver, digest=version.digest, now=make.now()).state == "issued"


def test_the_guard_stands_on_the_page_and_tells_the_number_at_its_field() -> None:
    used_to(5)
    version = big()
    client = make.sign_in(Client(), make.user("approver"))
    address = f"/en/desk/v/{version.uid}/decide/"
    page = client.get(address).content.decode()
    assert "5.0 times the usual number of people" in page
    assert "Publish to at least 25 people now" in page
    answer = client.post(address, {"digest": version.digest, "decision": "approve", "typed": "52"})
    assert answer.status_code == 422
    assert 'href="#id_typed"' in answer.content.decode()
    sent = {"digest": version.digest, "decision": "approve", "typed": "25"}
    assert client.post(address, sent).url == f"/en/desk/v/{version.uid}/sending/"


def test_approver_sees_who_hears_it_at_once_and_on_relay_by_channel_association_and_language() -> None:
    make.member_list(make.association("as-direct"), *people(7, "direct"))
    make.member_list(make.association("as-relay"), *people(12, "relay"), way="on_relay")
    version = make.pending(severity="Moderate")
    page = make.sign_in(Client(), make.user("approver")).get(f"/en/desk/v/{version.uid}/decide/").content.decode()
    assert '<th scope="row">E-mail</th><td class="f-num">5</td><td class="f-num">10</td>' in page
    assert '<th scope="row">English</th><td class="f-num">5</td><td class="f-num">10</td>' in page
    assert '<th scope="row">As Direct</th><td class="f-num">5</td><td class="f-num">0</td>' in page
    assert '<th scope="row">As Relay</th><td class="f-num">0</td><td class="f-num">10</td>' in page
