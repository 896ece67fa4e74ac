"""An approver at night: no question within ten minutes of signing in; later one code, and the deed goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Invitation
from notices import lifecycle
from notices.models import Version
from tests import make

from .test_accounts import PASSWORD, code_for, with_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> Version:
    return make.pending()


def approver(version: Version, *, minutes_ago: float) -> Client:
    person = make.user("approver", at=version.notice.office, password=PASSWORD)
    return make.sign_in(Client(), person, minutes_ago=minutes_ago)


def decide(client: Client, version: Version, **sent: str) -> Any:
    path = reverse("version_decide", args=[version.uid])
    return client.post(path, {"decision": "approve", "digest": version.digest, **sent})


def prove(client: Client, asked: Any, code: str = "", **answer: str) -> Any:
    """Sends the form of the page that asks, with the address it leads back to."""
    page = client.get(asked.url)
    assert page.status_code == 200
    code = code or code_for("A" * 32)
    return client.post(asked.url, {"next": page.context["redirect_field_value"], "code": code, **answer})


def test_nothing_is_asked_within_ten_minutes(waiting: Version) -> None:
    assert decide(approver(waiting, minutes_ago=9), waiting).url == reverse("sending", args=[waiting.uid])


def test_reading_the_decision_page_asks_nothing(waiting: Version) -> None:
    page = approver(waiting, minutes_ago=300).get(reverse("version_decide", args=[waiting.uid]))
    assert waiting.digest in page.content.decode()


# SEC-08
def test_later_the_code_is_asked_and_the_approval_goes_on(waiting: Version) -> None:
    client = approver(waiting, minutes_ago=11)
    asked = decide(client, waiting)
    assert asked.url.startswith(reverse("mfa_reauthenticate"))
    assert prove(client, asked, "000000").status_code == 200
    waiting.refresh_from_db()
    assert waiting.state == Version.State.PENDING
    assert prove(client, asked).url == reverse("sending", args=[waiting.uid])
    waiting.refresh_from_db()
    assert waiting.state == Version.State.ISSUED


def test_reason_that_was_typed_is_not_lost(waiting: Version) -> None:
    client = approver(waiting, minutes_ago=60)
    prove(client, decide(client, waiting, decision="return", reason="The berth is missing."))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (Version.State.RETURNED, "The berth is missing.")


def test_what_changed_while_the_code_was_looked_up_is_shown_and_not_approved(waiting: Version) -> None:
    client = approver(waiting, minutes_ago=60)
    asked = decide(client, waiting)
    other = make.user("approver", at=waiting.notice.office)
    lifecycle.return_(waiting, by=other, digest=waiting.digest, reason="Say which berth.", now=make.now())
    waiting.refresh_from_db()
    newer = make.draft(title="Berth 4 shut")
    lifecycle.edit(waiting, by=waiting.author, edit_number=waiting.edit_number, draft=newer, now=make.now())
    waiting.refresh_from_db()
    lifecycle.submit(waiting, by=waiting.author, now=make.now())
    page = prove(client, asked)
    assert page.status_code == 409
    assert "Berth 4 shut" in page.content.decode()
    assert f'action="{reverse("version_decide", args=[waiting.uid])}"' in page.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == Version.State.PENDING


def test_a_password_does_not_stand_in_for_the_second_factor(waiting: Version) -> None:
    client = approver(waiting, minutes_ago=60)
    decide(client, waiting)
    page = reverse("account_reauthenticate")
    assert client.get(page).url.startswith(reverse("mfa_reauthenticate"))
    client.post(page, {"password": PASSWORD, "next": reverse("version_decide", args=[waiting.uid])})
    waiting.refresh_from_db()
    assert waiting.state == Version.State.PENDING


def test_inviting_an_officer_asks_too_and_then_goes_on() -> None:
    administrator = make.user("administrator", at=make.organisation("administration"))
    client, office = make.sign_in(Client(), administrator, minutes_ago=60), make.office()
    sent = {"email": "new@wgcs.example", "organisation": office.pk, "role": "officer", "language": "en"}
    asked = client.post(reverse("people_invite"), sent)
    assert not Invitation.objects.exists()
    assert prove(client, asked).url == reverse("people")
    assert Invitation.objects.get().email == "new@wgcs.example"


def test_who_has_no_second_factor_is_asked_for_the_password() -> None:
    association = make.association()
    manager = with_password("association_manager", at=association)
    client = make.sign_in(Client(), manager, minutes_ago=60)
    sent = {"email": "new@member.example", "organisation": association.pk, "role": "member", "language": "en"}
    asked = client.post(reverse("people_invite"), sent)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert prove(client, asked, password="wrong wrong wrong").status_code == 200
    assert not Invitation.objects.exists()
    prove(client, asked, password=PASSWORD)
    assert Invitation.objects.exists()
