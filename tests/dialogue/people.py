"""An office, its people and one question, in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from allauth.mfa.models import Authenticator

from base.words import Role
from contacts.models import Organisation, Place, Seat, User
from dialogue.cases import intake
from dialogue.cases.models import Case

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
_numbers = count(1)


def organisation(kind: str = "office", **fields: Any) -> Organisation:
    number = next(_numbers)
    return Organisation.objects.create(kind=kind, code=f"T-{number}", names={"en": f"Office {number}"}, **fields)


def person(role: Role, at: Organisation) -> User:
    """A person with a second factor."""
    number = next(_numbers)
    user = User.objects.create_user(f"person{number}@customs.example", name=f"Person {number}")
    Seat.objects.create(user=user, organisation=at, role=role, started_at=NOW)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "unused"})
    return user


def place(locode: str, office: Organisation | None = None, zone: str = "Europe/London") -> Place:
    made = Place(
        locode=locode, country=locode[:2], time_zone=zone, zone_state="confirmed", office=office, modes=["maritime"]
    )
    made.set_names({"en": {"GBDVR": "Dover", "ESALG": "Algeciras"}.get(locode, locode)})
    made.save()
    return made


def question(**fields: str) -> intake.Question:
    return intake.Question(
        **{
            "email": "dispatch@kestrel-freight.example",
            "company": "Kestrel Freight",
            "subject": "Second driver",
            "message": "May a second driver travel in the cab?",
            **fields,
        }
    )


def case(*, verified: bool = True, **fields: str) -> Case:
    asked = intake.ask(question=question(**fields), ip_prefix="192.0.2.0/24", now=NOW)
    return intake.verify(asked, now=NOW) if verified else asked
