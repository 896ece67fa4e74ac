"""Keys of programs: who makes them, what is kept of them, and when they end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from base.models import AuditEntry
from contacts import api_keys, people
from contacts.models import ApiKey, Seat, User
from tests import make

pytestmark = pytest.mark.django_db
KEY = re.compile(r"fw_[A-Za-z0-9_-]{43}")


def browser(person: User) -> Client:
    return make.sign_in(Client(), person)


def asked(**changed: Any) -> dict[str, Any]:
    return {"name": "Port system", "scopes": ["notices:draft"], "days": "90", **changed}


def test_officer_makes_a_key_that_is_shown_once_and_kept_nowhere() -> None:
    officer = make.user("officer", name="Ana")
    answer = browser(officer).post(reverse("api_key_new"), asked())
    (key,) = set(KEY.findall(answer.content.decode()))
    made = ApiKey.objects.get()
    assert made.prefix == key[:9] and key not in str(vars(made))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(session_data, '') FROM django_session")
        assert key not in (cursor.fetchone()[0] or "")
    listed = browser(officer).get(reverse("api_keys")).content.decode()
    assert "Port system" in listed and made.prefix in listed and not KEY.search(listed)
    assert api_keys.find(key, now=make.now()) == made


def test_making_and_revoking_are_written_down_without_the_key() -> None:
    officer = make.user("officer")
    made, key = make.api_key(by=officer)
    browser(officer).post(reverse("api_key_revoke", args=[made.uid]))
    first, second = AuditEntry.objects.filter(target=f"api_key:{made.uid}").order_by("pk")
    assert [first.action, second.action] == ["api_key.make", "api_key.revoke"]
    assert first.facts["scopes"] == ["notices:draft"] and first.facts["organisation"] == "of-alg"
    assert key not in str(first.facts) and first.actor == str(officer.pk)


def test_key_of_a_year_ends_after_it_and_a_longer_one_cannot_be_kept() -> None:
    made, key = make.api_key(days=365)
    assert api_keys.find(key, now=made.expires_at - timedelta(seconds=1))
    assert api_keys.find(key, now=made.expires_at) is None
    with pytest.raises(IntegrityError, match="api_key_ends_within_a_year"):
        ApiKey.objects.filter(pk=made.pk).update(expires_at=made.made_at + timedelta(days=367))


def test_revoked_key_opens_nothing_and_revoking_again_changes_nothing() -> None:
    made, key = make.api_key()
    for _twice in range(2):
        api_keys.revoke(made, by=made.owner, now=make.now())
    assert api_keys.find(key, now=make.now()) is None
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1


def test_key_ends_with_the_seat_of_its_owner() -> None:
    made, key = make.api_key()
    people.end_seat(made.seat, by=make.user("administrator"), now=make.now())
    assert api_keys.find(key, now=make.now()) is None
    page = browser(make.user("approver")).get(reverse("api_keys")).content.decode()
    assert f"{made.owner} has no seat there any more." in page


def test_key_ends_with_the_account_of_its_owner() -> None:
    made, key = make.api_key()
    people.switch_off(made.owner, by=make.user("administrator"), now=make.now())
    assert api_keys.find(key, now=make.now()) is None


def test_key_of_two_offices_hangs_on_the_seat_at_its_own() -> None:
    officer = make.user("officer")
    make.seat(officer, "officer", at=make.office("of-other"))
    made, _key = make.api_key(make.office("of-other"), by=User.objects.get(pk=officer.pk))
    assert made.seat == Seat.objects.get(user=officer, organisation__code="of-other")


def test_last_use_is_noted_once_a_minute() -> None:
    made, key = make.api_key()
    first = make.now()
    for after in (0, 30, 61):
        api_keys.find(key, now=first + timedelta(seconds=after))
        made.refresh_from_db()
        assert made.last_used_at == first + timedelta(seconds=61 if after == 61 else 0)


@pytest.mark.parametrize(
    ("kind", "role", "allowed"),
    [
        ("office", "officer", True), ("office", "approver", True), ("office", "liaison", False),
        ("agency", "member", True), ("association", "association_manager", False), ("association", "member", False),
        ("administration", "administrator", False), ("administration", "auditor", False),
    ],
)  # fmt: skip
def test_who_works_there_makes_keys(kind: str, role: str, allowed: bool) -> None:
    at = make.organisation(kind)
    person = make.user(role, at=at)
    if allowed:
        assert make.api_key(at, by=person)[0].organisation == at
    else:
        with pytest.raises(PermissionDenied):
            make.api_key(at, by=person)


def test_headquarters_makes_a_key_for_any_office_or_agency_and_for_no_association() -> None:
    chief = make.user("headquarters", at=make.organisation("administration"))
    for kind in ("office", "agency"):
        assert make.api_key(make.organisation(kind), by=chief)[0].seat.user == chief
    with pytest.raises(PermissionDenied):
        make.api_key(make.association(), by=chief)


def test_twenty_keys_are_enough() -> None:
    officer = make.user("officer")
    for _number in range(20):
        last, _key = make.api_key(by=officer)
    with pytest.raises(api_keys.TooMany):
        make.api_key(by=officer)
    api_keys.revoke(last, by=officer, now=make.now())
    assert make.api_key(by=officer)


def test_making_a_key_asks_who_one_is_again_after_a_while() -> None:
    client = make.sign_in(Client(), make.user("officer"), minutes_ago=30)
    answer = client.post(reverse("api_key_new"), asked())
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert not ApiKey.objects.exists()


def test_person_of_a_partner_agency_lands_on_its_keys() -> None:
    person = make.user("member", at=make.organisation("agency"))
    assert browser(person).get(reverse("desk"))["Location"] == reverse("api_keys")
