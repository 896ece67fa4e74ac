"""The play itself: written, approved by a second person, issued, expanded, sent."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from base.words import CapStatus, Direction, Role, Traffic
from contacts.models import MemberList, Membership, Organisation, Place, Seat, User
from delivery import addresses, reports
from delivery.models import Delivery, Publication
from notices import lifecycle
from notices.drafting import Draft
from notices.models import Version

from . import stage, verdict

PATIENCE_S = 60.0
PER_RECIPIENT_S = 0.02
Say = Callable[[str], None]


def _people(recipients: int, now: datetime) -> tuple[User, User, Place]:
    office = Organisation.objects.create(kind=Organisation.Kind.OFFICE, code="drill", names={"en": "Drill office"})
    association = Organisation.objects.create(
        kind=Organisation.Kind.ASSOCIATION, code="drill-members", names={"en": "Drill members"}
    )
    users = []
    for role in (Role.OFFICER, Role.APPROVER):
        user = User.objects.create_user(f"{role}@drill.invalid", name=f"Drill {role}")
        Seat.objects.create(user=user, organisation=office, role=role, started_at=now)
        users.append(user)
    place = Place(
        locode="XXDRL", country="XX", time_zone="UTC", zone_state="confirmed", modes=["maritime"], office=office
    )
    place.set_names({"en": "Drill port"})
    place.save()
    members = MemberList.objects.create(association=association, name="Drill")
    found = addresses.get_or_create_many(f"member{number}@drill.invalid" for number in range(recipients))
    Membership.objects.bulk_create(
        (
            Membership(member_list=members, address_id=pk, contact=f"Member {pk}", company=key)
            for key, pk in found.items()
        ),
        batch_size=5_000,
    )
    with connection.cursor() as cursor:
        # A site has had its statistics for days; a database of a minute ago has none and would plan blindly.
        cursor.execute("ANALYZE")
    return users[0], users[1], place


def _write(officer: User, place: Place, now: datetime) -> Version:
    version = lifecycle.start(
        kind="port_downtime",
        office=officer.seats()[0].organisation,
        by=officer,
        now=now,
        status=CapStatus.EXERCISE,
    )
    row = {
        "place_id": place.pk,
        "modes": place.modes,
        "directions": list(Direction.values),
        "traffic": list(Traffic.values),
        "status": "closed",
        "time_zone": "UTC",
        "starts_at": now,
        "starts_local": now.strftime("%Y-%m-%dT%H:%M"),
    }
    draft = Draft(
        fields={"starts_at": now, "ends_at": now + timedelta(hours=12), "time_zone": "UTC", "severity": "Moderate"},
        texts={
            "en": {"title": "EXERCISE: drill port closed to cargo", "body": "A drill.", "instruction": "Do nothing."}
        },
        rows=[row],
    )
    version = lifecycle.edit(version, by=officer, edit_number=1, draft=draft, now=now)
    return lifecycle.submit(version, by=officer, now=now)


def _wait(publication_id: int, on: stage.Stage, end: float, say: Say) -> None:
    """Until the sending side has nothing left to do, or time is up; the log decides what that is worth."""
    while time.monotonic() < end and on.alive():
        report = reports.report(Publication.objects.get(pk=publication_id))
        say(f"{report.done} of {report.total}")
        if report.finished and report.total:
            return
        time.sleep(0.25)


def play(recipients: int, say: Say) -> dict[str, Any]:
    """Runs one drill and returns its figures; everything it made is gone afterwards."""
    name = f"fairway_drill_{os.getpid()}_{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="fairway-drill-") as folder, stage.database(name):
        on = stage.Stage(Path(folder), name)
        # This process rings the drill's own workers, never the site's.
        settings.CELERY_BROKER_URL = on.environment["REDIS_URL"]
        _broker_of_this_process(on.environment["REDIS_URL"])
        try:
            on.start()
            return _run(recipients, on, say)
        finally:
            on.stop()


def _broker_of_this_process(url: str) -> None:
    from portal.celery import app  # noqa: PLC0415 - configured first, then pointed elsewhere

    app.conf.broker_url = url
    app.pool.force_close_all() if app._pool else None


def _run(recipients: int, on: stage.Stage, say: Say) -> dict[str, Any]:
    now = timezone.now()
    officer, approver, place = _people(recipients, now)
    version = _write(officer, place, now)
    begun = time.monotonic()
    version = lifecycle.approve(version, by=approver, digest=version.digest, now=timezone.now())
    _wait(version.publication_id or 0, on, begun + PATIENCE_S + recipients * PER_RECIPIENT_S, say)
    seconds = time.monotonic() - begun
    expected = {
        row.address.key: verdict.Expected(row.address_id, row.pk)
        for row in Delivery.objects.filter(publication_id=version.publication_id or 0).select_related("address")
    }
    for key in (f"member{number}@drill.invalid" for number in range(recipients)):
        expected.setdefault(key, verdict.Expected(0, 0))
    mark = f"{version.notice.reference}, version {version.number}"
    found = verdict.judge(on.log, expected, (mark, "EXERCISE"))
    figures: dict[str, Any] = {
        "recipients": recipients,
        "delivered": found.delivered,
        "lost": found.lost,
        "duplicates": found.duplicates,
        "wrong": found.wrong,
        "seconds": round(seconds, 2),
        "rate": round(found.delivered / seconds, 1) if seconds else None,
    }
    if found.reasons:
        figures["notes"] = [f"{reason}: {count}" for reason, count in found.reasons.items()]
    return figures
