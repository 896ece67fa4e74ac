"""An administrator keeps the offices: their names, duty mailbox and places, and nobody else does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from base.models import AuditEntry
from contacts import offices
from contacts.models import Organisation, Place, User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make.user("administrator", at=make.organisation("administration"))


def sent(**changes: Any) -> dict[str, Any]:
    return {
        "code": "of-new", "name_en": "New Quay", "email": "duty@new.example", "language": "en",
        "places": "ESALG, ESCEU", **changes,
    }  # fmt: skip


def places_of(code: str) -> list[str]:
    return list(Place.objects.filter(office__code=code).order_by("locode").values_list("locode", flat=True))


def free(*codes: str) -> None:
    for code in codes:
        make.place(code)
    Place.objects.update(office=None)


def test_an_administrator_adds_an_office_with_its_places(administrator: User) -> None:
    free("ESALG", "ESCEU")
    client = make.sign_in(Client(), administrator)
    page = client.post("/en/people/offices/new/", sent(), follow=True).content.decode()
    assert "New Quay is kept." in page and "duty@new.example" in page
    assert places_of("of-new") == ["ESALG", "ESCEU"]
    assert AuditEntry.objects.get(action="office.add").facts["places"] == ["ESALG", "ESCEU"]


def test_a_changed_office_keeps_its_code_and_gives_up_the_places_that_are_taken_out(administrator: User) -> None:
    free("ESALG", "ESCEU")
    client = make.sign_in(Client(), administrator)
    client.post("/en/people/offices/new/", sent())
    page = f"/en/people/offices/{Organisation.objects.get(code='of-new').uid}/"
    assert 'value="ESALG, ESCEU"' in client.get(page).content.decode()
    client.post(page, sent(code="of-other", name_en="Old Quay", name_fr="Vieux quai", places="ESCEU"))
    office = Organisation.objects.get(code="of-new")
    assert office.names == {"en": "Old Quay", "fr": "Vieux quai"} and places_of("of-new") == ["ESCEU"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "of-alg"}, "Another organisation has this code."),
        ({"places": "ESTAR"}, "Take it away there first."),
        ({"places": "Nowhere"}, "No place fits."),
        ({"email": "no address"}, "e-mail address"),
        ({"name_en": ""}, "id_name_en"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_stored(
    administrator: User, changes: dict[str, str], said: str
) -> None:
    free("ESALG", "ESCEU")
    Place.objects.filter(pk=make.place("ESTAR", at=make.office("of-alg")).pk).update(office=make.office("of-alg"))
    answer = make.sign_in(Client(), administrator).post("/en/people/offices/new/", sent(**changes))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert 'value="New Quay"' in answer.content.decode() or changes == {"name_en": ""}
    assert not Organisation.objects.filter(code="of-new").exists() and places_of("of-alg") == ["ESTAR"]


@pytest.mark.parametrize("role", ["officer", "approver", "headquarters", "auditor"])
def test_nobody_else_keeps_offices(role: str) -> None:
    with pytest.raises(PermissionDenied):
        offices.keep(make.office(), places=[], by=make.user(role), now=make.now())
