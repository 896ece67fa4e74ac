"""Rows of the address book in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from base.words import Role
from contacts.models import MemberList, Membership, Organisation, Place, Seat, User
from delivery.models import Address

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
CASES = Path(__file__).parent.parent / "cases" / "members"
_numbers = count(1)


def association(code: str = "as-one", **fields: Any) -> Organisation:
    return Organisation.objects.create(
        kind=Organisation.Kind.ASSOCIATION, code=code, **{"names": {"en": f"Association {code}"}, **fields}
    )


def member_list(owner: Organisation | None = None, **fields: Any) -> MemberList:
    return MemberList.objects.create(
        association=owner or association(f"as-{next(_numbers)}"), **{"name": "Members", **fields}
    )


def place(locode: str, **fields: Any) -> Place:
    made = Place(locode=locode, country=locode[:2], **fields)
    made.set_names({"en": locode.title(), "list": locode})
    made.save()
    return made


def address(value: str, **fields: Any) -> Address:
    return Address.objects.get_or_create(channel="email", key=value.casefold(), defaults={"value": value, **fields})[
        0
    ]


def membership(on: MemberList, email: str, **fields: Any) -> Membership:
    return Membership.objects.create(member_list=on, address=address(email), **fields)


def person(role: Role, organisation: Organisation, email: str = "") -> User:
    user = User.objects.create_user(email or f"person{next(_numbers)}@example.org", name="A Person")
    Seat.objects.create(user=user, organisation=organisation, role=role, started_at=NOW)
    return user
