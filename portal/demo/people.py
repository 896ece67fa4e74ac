"""The demo's organisations, people, places and member lists."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.contrib.auth.hashers import make_password

from base.words import Role
from contacts import connections, imports
from contacts.models import Connection, MemberList, Organisation, Place, Seat, Subscription, User
from contacts.rhythm import Rhythm
from delivery import addresses, numbers
from delivery.models import Endpoint

DATA = Path(__file__).parent / "data"
PROGRAM = "Booking system"
PASSWORD = "fairway-demo-2026"  # noqa: S105 - printed on purpose, works on embedded servers only


def facts(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / name).read_text())
    return found


def second_factor_secret(user_key: str) -> str:
    """The same base32 secret at every load, so that an authenticator app keeps working."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    digest = hashlib.sha256(f"fairway demo {user_key}".encode()).digest()
    return "".join(alphabet[byte % 32] for byte in digest)


def organisations(told: dict[str, Any]) -> dict[str, Organisation]:
    found: dict[str, Organisation] = {}

    def add(kind: str, entry: dict[str, Any], parent: Organisation | None = None) -> Organisation:
        names = entry["name"] if isinstance(entry["name"], dict) else {"en": entry["name"]}
        languages = entry.get("languages") or ["en"]
        made, _new = Organisation.objects.update_or_create(
            code=entry["id"],
            defaults={
                "kind": kind,
                "names": names,
                "parent": parent,
                "email": entry.get("mail", ""),
                "phone": entry.get("phone") or entry.get("duty_phone") or "",
                "language": entry.get("language") or languages[0],
                "sectors": entry.get("sectors", []),
                "modes": entry.get("modes", []),
            },
        )
        found[entry["id"]] = made
        return made

    administration = add(Organisation.Kind.ADMINISTRATION, told["administration"])
    for entry in told["offices"]:
        add(Organisation.Kind.OFFICE, entry, administration)
    for entry in told["partner_agencies"]:
        add(Organisation.Kind.AGENCY, entry, administration)
    for entry in told["associations"]:
        add(Organisation.Kind.ASSOCIATION, entry)
    for entry in told["offices"]:
        for helped in entry.get("publishes_for", []):
            found[entry["id"]].publishes_for.add(found[helped])
    return found


def people(told: dict[str, Any], organisations: dict[str, Organisation], now: datetime) -> dict[str, User]:
    password = make_password(PASSWORD)
    found: dict[str, User] = {}
    for entry in told["users"]:
        user, new = User.objects.get_or_create(
            email=entry["mail"],
            defaults={"name": entry["name"], "language": entry["language"], "password": password, "is_demo": True},
        )
        found[entry["id"]] = user
        if not new:
            continue
        where = organisations[entry.get("office") or entry["organisation"]]
        for role in entry["roles"]:
            role = role if role in Role.values else Role.MEMBER
            Seat.objects.create(user=user, organisation=where, role=role, started_at=now - timedelta(days=400))
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        Authenticator.objects.create(
            user=user,
            type=Authenticator.Type.TOTP,
            data={"secret": encrypt(second_factor_secret(entry["id"]))},
        )
    return found


def places(organisations: dict[str, Organisation]) -> dict[str, Place]:
    with (DATA / "places.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = {place.locode: place for place in Place.objects.filter(locode__in=[row["locode"] for row in rows])}
    for row in rows:
        if row["locode"] in known:
            continue
        place = Place(
            locode=row["locode"],
            country=row["country"],
            subdivision=row["subdivision"],
            functions=row["functions"],
            latitude=float(row["latitude"]) if row["latitude"] else None,
            longitude=float(row["longitude"]) if row["longitude"] else None,
            time_zone=row["time_zone"],
            zone_state=Place.ZoneState.CONFIRMED,
            modes=row["modes"].split(";"),
            region=row["region"],
            office=organisations.get(row["office_id"]),
        )
        names = {language: row[f"name_{language}"] for language in ("en", "fr", "es")}
        place.set_names(names | {"list": row["name"]})
        place.save()
        known[place.locode] = place
    for row in rows:
        pair = known.get(row["paired_locode"])
        if pair and known[row["locode"]].paired_id is None:
            Place.objects.filter(locode=row["locode"]).update(paired=pair)
    return known


def member_lists(told: dict[str, Any], organisations: dict[str, Organisation], now: datetime) -> None:
    """The ten lists, imported by the importer itself."""
    for entry in told["associations"]:
        association = organisations[entry["id"]]
        if association.lists.exists():
            continue
        made = MemberList.objects.create(
            association=association,
            name=f"Members of {association.names['en']}"[:120],
            way=entry["member_list_mode"],
            direct_from=entry.get("direct_from_severity") or "Extreme",
        )
        path = DATA / entry["member_list"]
        run = imports.prepare(made, data=path.read_bytes(), file_name=path.name, by=None, now=now)
        imports.apply(run, by=None, now=now, ground="membership_terms")


def follower(places: dict[str, Place], now: datetime) -> None:
    """A carrier that wants one mail a day; the first is due at once, so that a newcomer finds it."""
    if Subscription.objects.exists():
        return
    begun = now - timedelta(days=4)
    Subscription.objects.create(
        address=addresses.get_or_create("daily@carrier.example"),
        state=Subscription.State.CONFIRMED,
        rhythm=Rhythm.DAILY,
        time_zone=places["ESALG"].time_zone,
        created_at=begun,
        confirmed_at=begun,
        digest_since=begun,
        digest_due_at=now,
    )


def ways_out(now: datetime) -> None:
    """A program that is called and a telephone that is written to; where they lead changes with each start."""
    url, known = settings.FAIRWAY_DEMO_HOOK, Connection.objects.filter(name=PROGRAM).first()
    managers = Seat.objects.filter(role=Role.ASSOCIATION_MANAGER, user__is_demo=True, ended_at=None)
    seat = managers.order_by("pk").first()
    if url and known:
        Endpoint.objects.filter(pk=known.endpoint_id).exclude(url="").update(url=url)
    elif url and seat:
        connections.add(
            organisation=seat.organisation, by=seat.user, name=PROGRAM, url=url, preset=Endpoint.Preset.STANDARD,
            language="en", exercises=False, now=now,
        )  # fmt: skip
    if numbers.is_offered() and not Subscription.objects.filter(address__channel=numbers.CHANNEL).exists():
        Subscription.objects.create(
            address=numbers.get_or_create("+34612345678"), beside=addresses.get_or_create("daily@carrier.example"),
            state=Subscription.State.CONFIRMED, least_severity="Moderate", created_at=now, confirmed_at=now,
        )  # fmt: skip
