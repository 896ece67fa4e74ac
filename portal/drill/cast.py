"""Who plays: two people of an office, a place, an association's list, and a notice that waits for approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from base.words import CapStatus, Direction, Role, Severity, Traffic
from contacts.models import MemberList, Membership, Organisation, Place, Seat, User
from delivery import addresses
from notices import lifecycle
from notices.drafting import Draft
from notices.models import Version

CHUNK = 20_000


@dataclass(frozen=True)
class Cast:
    """`code` keeps several casts on one stage apart: nobody follows the place of another."""

    officer: User
    approver: User
    place: Place
    recipients: int
    code: str

    def members(self) -> list[str]:
        return [f"{self.code}{number}@drill.invalid" for number in range(self.recipients)]


def gather(recipients: int, *, now: datetime, code: str = "member") -> Cast:
    office = Organisation.objects.create(
        kind=Organisation.Kind.OFFICE, code=f"{code}-office", names={"en": "Drill office"}
    )
    association = Organisation.objects.create(
        kind=Organisation.Kind.ASSOCIATION, code=f"{code}-association", names={"en": "Drill members"}
    )
    people = []
    for role in (Role.OFFICER, Role.APPROVER):
        user = User.objects.create_user(f"{code}-{role}@drill.invalid", name=f"Drill {role}")
        Seat.objects.create(user=user, organisation=office, role=role, started_at=now)
        people.append(user)
    place = Place(
        locode=f"XX{code[:3].upper()}", country="XX", time_zone="UTC", zone_state="confirmed", modes=["maritime"],
        office=office,
    )  # fmt: skip
    place.set_names({"en": f"Drill port {code}"})
    place.save()
    members = MemberList.objects.create(association=association, name="Drill")
    cast = Cast(people[0], people[1], place, recipients, code)
    everybody = cast.members()
    for start in range(0, recipients, CHUNK):
        found = addresses.get_or_create_many(everybody[start : start + CHUNK])
        Membership.objects.bulk_create(
            (
                Membership(
                    member_list=members, address_id=pk, contact=f"Member {pk}", company=key, places=[place.pk]
                )
                for key, pk in found.items()
            ),
            batch_size=5_000,
        )
    with connection.cursor() as cursor:
        # A site has had its statistics for days; a database of a minute ago has none and would plan blindly.
        cursor.execute("ANALYZE")
    return cast


def write(cast: Cast, *, now: datetime, severity: str = Severity.MODERATE, body: str = "A drill.") -> Version:
    """A notice about the cast's place, submitted by its officer."""
    version = lifecycle.start(
        kind="port_downtime",
        office=cast.officer.seats()[0].organisation,
        by=cast.officer,
        now=now,
        status=CapStatus.EXERCISE,
    )
    row = {
        "place_id": cast.place.pk,
        "modes": cast.place.modes,
        "directions": list(Direction.values),
        "traffic": list(Traffic.values),
        "status": "closed",
        "time_zone": "UTC",
        "starts_at": now,
        "starts_local": now.strftime("%Y-%m-%dT%H:%M"),
    }
    texts = {"title": "EXERCISE: drill port closed to cargo", "body": body, "instruction": "Do nothing."}
    draft = Draft(
        fields={"starts_at": now, "ends_at": now + timedelta(hours=12), "time_zone": "UTC", "severity": severity},
        texts={"en": texts},
        rows=[row],
    )
    version = lifecycle.edit(version, by=cast.officer, edit_number=1, draft=draft, now=now)
    return lifecycle.submit(version, by=cast.officer, now=now)
