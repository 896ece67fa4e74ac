"""A closure that was written, submitted and approved by the real verbs, in one line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from base.words import PlaceStatus, Role, Severity
from contacts import audience
from contacts.models import Organisation, Place
from notices import lifecycle
from notices.drafting import Draft
from notices.facets import facets_of
from notices.models import Version
from tests import make
from tests.dialogue import people


def draft(place: Place, *, now: datetime, **fields: Any) -> Draft:
    start = now - timedelta(hours=1)
    row = {
        "place_id": place.pk,
        "modes": ["maritime"],
        "directions": ["import", "export", "transit"],
        "time_zone": place.time_zone,
        "starts_at": start,
        "starts_local": "2027-03-01T08:00",
    }
    return Draft(
        fields={"starts_at": start, "time_zone": place.time_zone, "severity": Severity.SEVERE, **fields},
        texts={"en": {"title": "Gale in the strait", "body": "The port is shut.", "instruction": ""}},
        rows=[
            {**row, "traffic": ["cargo"], "status": PlaceStatus.OPEN},
            {**row, "traffic": ["other_travellers"], "status": PlaceStatus.CLOSED},
        ],
    )


def pending(place: Place, *, now: datetime, office: Organisation | None = None, **fields: Any) -> Version:
    desk = office or place.office or people.organisation()
    author = people.person(Role.OFFICER, desk)
    version = lifecycle.start(kind="port_downtime", office=desk, by=author, now=now)
    version = lifecycle.edit(version, by=author, edit_number=1, draft=draft(place, now=now, **fields), now=now)
    if audience.count(audience.Facets.from_json(facets_of(version))) == 0:
        make.member_list(None, "reader@member.invalid")  # a notice that reaches nobody is refused
    return lifecycle.submit(version, by=author, now=now)


def issued(place: Place, *, now: datetime, office: Organisation | None = None, **fields: Any) -> Version:
    version = pending(place, now=now, office=office, **fields)
    approver = people.person(Role.APPROVER, version.notice.office)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=now)
