"""Builds any row in one line, so that a test says only what matters to it."""

from __future__ import annotations

import csv
import itertools
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt

from base import heartbeat
from base.models import Heartbeat
from base.words import Lane
from contacts import api_keys, connections
from contacts.models import ApiKey, Connection, MemberList, Membership, Organisation, Place, Seat, User
from delivery import addresses
from notices import crisis as crises
from notices import lifecycle, lone, schedule
from notices.drafting import Draft
from notices.models import Crisis, Notice, Template, Version
from portal import alarms

DATA = Path(__file__).parent / "data"
PASSWORD = "correct-horse-battery"
_count = itertools.count(1)
EVERYTHING = {
    "directions": ["import", "export", "transit"],
    "traffic": [
        "cargo", "empties", "relief", "live_perishable", "crew", "essential_travellers", "other_travellers",
    ],
}  # fmt: skip


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def organisation(kind: str = "office", *, code: str | None = None, **fields: Any) -> Organisation:
    code = code or f"{kind}-{next(_count)}"
    made, _new = Organisation.objects.get_or_create(
        code=code, defaults={"kind": kind, "names": {"en": code.replace("-", " ").title()}, **fields}
    )
    return made


def office(code: str = "of-alg") -> Organisation:
    return organisation("office", code=code)


def association(code: str | None = None) -> Organisation:
    return organisation("association", code=code)


def user(*roles: str, at: Organisation | None = None, name: str = "", **fields: Any) -> User:
    """A person with these seats at `at` (default: the office of Algeciras)."""
    number = next(_count)
    made = User.objects.create_user(f"person{number}@wgcs.example", name=name or f"Person {number}", **fields)
    for role in roles:
        seat(made, role, at=at)
    return made


def seat(person: User, role: str, *, at: Organisation | None = None) -> Seat:
    made: Seat = Seat.objects.create(user=person, organisation=at or office(), role=role, started_at=now())
    return made


@cache
def _places() -> dict[str, dict[str, str]]:
    with (DATA / "places.csv").open() as file:
        return {row["locode"]: row for row in csv.DictReader(file)}


def place(locode: str = "ESALG", *, at: Organisation | None = None) -> Place:
    known = Place.objects.filter(locode=locode).first()
    if known:
        return known
    row = _places()[locode]
    made = Place(
        locode=locode,
        country=row["country"],
        time_zone=row["time_zone"],
        zone_state="confirmed",
        modes=row["modes"].split(";"),
        office=at or office(),
    )
    made.set_names({language: row[f"name_{language}"] for language in ("en", "fr", "es")})
    made.save()
    return made


def row(at: Place | None = None, *, status: str = "closed", starts_at: datetime | None = None, **fields: Any) -> dict[
    str, Any
]:  # fmt: skip
    at = at or place()
    starts_at = starts_at or now()
    return {
        "place_id": at.pk,
        "modes": at.modes,
        "status": status,
        "time_zone": at.time_zone,
        "starts_at": starts_at,
        "starts_local": starts_at.strftime("%Y-%m-%dT%H:%M"),
        **EVERYTHING,
        **fields,
    }


def draft(
    *rows: dict[str, Any], title: str = "Storm", body: str = "Winds above 60 knots.",
    instruction: str = "Do not send lorries.", translations: dict[str, dict[str, str]] | None = None, **fields: Any,
) -> Draft:  # fmt: skip
    return Draft(
        fields={"starts_at": now(), "time_zone": "Europe/Madrid", **fields},
        texts={"en": {"title": title, "body": body, "instruction": instruction}, **(translations or {})},
        rows=list(rows) or [row()],
    )


def written(
    *rows: dict[str, Any], by: User | None = None, kind: str = "port_downtime", status: str = "Actual", **fields: Any
) -> Version:
    """A complete draft."""
    by = by or user("officer")
    if status != "Actual":
        fields.setdefault("title", "Exercise: storm")
    version = lifecycle.start(kind=kind, office=by.seats()[0].organisation, by=by, now=now(), status=status)
    return lifecycle.edit(version, by=by, edit_number=1, draft=draft(*rows, **fields), now=now())


def pending(*rows: dict[str, Any], by: User | None = None, **fields: Any) -> Version:
    version = written(*rows, by=by, **fields)
    if not Membership.objects.exists():
        member_list(None, "reader@member.invalid")
    return lifecycle.submit(version, by=version.author, now=now())


def scheduled(
    *rows: dict[str, Any],
    at: datetime | None = None,
    approved_at: datetime | None = None,
    approver: User | None = None,
    **fields: Any,
) -> Version:
    """A version that a second person approved (now, unless told when) and that waits for its hour."""
    version, then = written(*rows, **fields), approved_at or now()
    if not Membership.objects.exists():
        member_list(None, "reader@member.invalid")
    version = schedule.choose(version, at=at or in_hours(2), by=version.author, now=then)
    version = lifecycle.submit(version, by=version.author, now=then)
    approver = approver or user("approver", at=version.notice.office)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=then)


def issued(*rows: dict[str, Any], approver: User | None = None, **fields: Any) -> Version:
    """A version that went out, approved by a second person."""
    version = pending(*rows, **fields)
    approver = approver or user("approver", at=version.notice.office)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=now())


def alone(*rows: dict[str, Any], **fields: Any) -> Version:
    """A version that one officer issued without a second person, a quarter of an hour after asking for one."""
    version = pending(*rows, **{"severity": "Severe", **fields})
    Version.objects.filter(pk=version.pk).update(submitted_at=now() - timedelta(minutes=15))
    version.refresh_from_db()
    return lone.issue(
        version, by=version.author, digest=version.digest, reason="Alone on duty, fruit at risk.",
        reference=version.notice.reference, now=now(),
    )  # fmt: skip


def next_version(
    notice: Notice, *rows: dict[str, Any], action: str = "update", at: datetime | None = None, **fields: Any
) -> Version:
    """A further version of an issued notice, written and approved by two new people, now unless told when."""
    at = at or now()
    author, approver = user("officer", at=notice.office), user("approver", at=notice.office)
    note = {"en": "The place was wrong."} if action == "correct" else None
    version = lifecycle.revise(notice, by=author, now=at, action=action, note=note)
    if rows or fields:
        version = lifecycle.edit(version, by=author, edit_number=1, draft=draft(*rows, **fields), now=at)
    version = lifecycle.submit(version, by=author, now=at)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=at)


def member_list(at: Organisation | None = None, *emails: str, way: str = "direct", **fields: Any) -> MemberList:
    made = MemberList.objects.create(association=at or association(), name=f"List {next(_count)}", way=way)
    for email in emails:
        Membership.objects.create(member_list=made, address=addresses.get_or_create(email), **fields)
    return made


def connection(
    at: Organisation | None = None, *, by: User | None = None, url: str = "https://hooks.partner.example/customs",
    preset: str = "standard", exercises: bool = False, language: str = "en",
) -> Connection:  # fmt: skip
    at = at or association()
    return connections.add(
        organisation=at, by=by or user("association_manager", at=at), name=f"Booking {next(_count)}", url=url,
        preset=preset, language=language, exercises=exercises, now=now(),
    )  # fmt: skip


def api_key(
    at: Organisation | None = None, *, by: User | None = None, scopes: Sequence[str] = ("notices:draft",),
    days: int = 30,
) -> tuple[ApiKey, str]:  # fmt: skip
    """The row, and the key as its program shows it."""
    at = at or office()
    by = by or user("officer" if at.kind == "office" else "member", at=at)
    return api_keys.make(
        organisation=at, by=by, name=f"Program {next(_count)}", scopes=[*scopes], days=days, now=now()
    )


def sign_in(client: Any, person: User, *, minutes_ago: float = 0) -> Any:
    """Signs `person` in to a test client, as proved then; customs staff with a second factor."""
    if person.is_customs:
        Authenticator.objects.get_or_create(
            user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt("A" * 32)}}
        )
    client.force_login(person)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - 60 * minutes_ago}]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(person.pk)
    session.save()
    return client


def template(name: str = "Storm", *, kind: str = "port_downtime", **words: dict[str, str]) -> Template:
    texts = words or {"en": {"title": "Storm at [PLACE]", "body": "Winds of [SPEED] knots.", "instruction": ""}}
    made: Template = Template.objects.create(kind=kind, name=name, texts=texts, changed_at=now())
    return made


def crisis(
    *places: Place, level: str = "crisis", title: str = "Flood", by: User | None = None, at: datetime | None = None,
    **content: Any,
) -> Crisis:  # fmt: skip
    """An open crisis page, at Algeciras unless told where, opened now unless told when."""
    content.setdefault("texts", {"en": {"title": title, "situation": "The gates are flooded. Ships still work."}})
    wanted = crises.Content(places=places or (place(),), **content)
    return crises.open_page(
        uid=uuid.uuid4(), content=wanted, level=level, by=by or user("headquarters"), now=at or now()
    )


def in_hours(hours: float) -> datetime:
    return now() + timedelta(hours=hours)


def at_work(*, but: str = "") -> None:
    """Every part of the site was seen a moment ago, apart from `but`; alarms have been looked for since an hour."""
    begun = time.time() - 3_600
    Heartbeat.objects.update_or_create(name=alarms.LOOKING, defaults={"at": now(), "detail": str(begun)})
    for name in ("beat", "pump", *(f"lane:{lane}" for lane in (*Lane.values, "ways", "texts"))):
        if name != but:
            heartbeat.beat(name)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """The pages read `moment` on the clock; PostgreSQL keeps its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: moment)
        yield
