"""Member files into lists: planned first, stored in one transaction, taken back as a whole. Never re-subscribes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit
from base.errors import Conflict, Refused
from base.sheets import Question
from delivery import addresses
from delivery.models import Address

from . import roster
from .models import ImportRun, MemberList, Membership, Place, Refusal, User
from .models.places import fold
from .roster import Hint, Member, Roster, RowRefused

# A member who named only places that we do not know wants those, not every one: an id that no place has.
NOWHERE = 0
STORED = (
    "company", "company_key", "contact", "language", "phone", "places", "modes", "sector_role", "extra",
    "consent_basis", "consent_at", "state", "state_at",
)  # fmt: skip


class NoGround(Refused):
    message = gettext_lazy("Say on what ground these members get notices through you.")
    field = "ground"


class NotAllGood(Refused):
    message = gettext_lazy("Some rows are refused, so nothing was imported. Correct them and use the file again.")


class NotTheLast(Refused):
    message = gettext_lazy("Only the last import of a list can be taken back, and only once.")


@dataclass(frozen=True)
class Change:
    """What becomes of one member of the file; `membership` is None for a new one."""

    member: Member
    membership: Membership | None
    values: dict[str, Any]


@dataclass
class Plan:
    """What an import would do. `left` and `suspended` stay as they are; `gone` are no longer in the file."""

    roster: Roster
    add: list[Change] = field(default_factory=list)
    change: list[Change] = field(default_factory=list)
    unchanged: list[Change] = field(default_factory=list)
    left: list[Member] = field(default_factory=list)
    suspended: list[Member] = field(default_factory=list)
    gone: list[Membership] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    @property
    def refused(self) -> list[RowRefused]:
        return self.roster.refused

    def counts(self) -> dict[str, int]:
        """Mailboxes, each in one group: one that is on the list already is never "add"."""
        known = {
            entry.member.key
            for entry in (*self.add, *self.change, *self.unchanged)
            if entry.membership is not None and entry.membership.state == Membership.State.ACTIVE
        }
        touched = {entry.member.key for entry in (*self.add, *self.change)}
        return {
            "add": len(touched - known),
            "change": len(touched & known),
            "unchanged": len({entry.member.key for entry in self.unchanged} - touched),
            "refused": len(self.refused),
            "left": len({member.key for member in self.left}),
            "suspended": len({member.key for member in self.suspended}),
            "gone": len({membership.address_id for membership in self.gone}),
        }


def plan(member_list: MemberList | None, read: Roster) -> Plan:
    """What importing `read` would do to `member_list`, or to an empty list if there is none; stores nothing."""
    made = Plan(read, hints=list(read.hints))
    if member_list is None:
        made.add = [Change(member, None, {}) for member in read.members]
        return made
    places = Gazetteer()
    addresses_by_key = _addresses(member.key for member in read.members)
    refused = _refused_here(member_list, addresses_by_key.values())
    pairs = _paired(member_list, read)
    for member in read.members:
        membership, address = pairs.get(id(member)), addresses_by_key.get(member.key)
        state = membership.state if membership else ""
        if state == Membership.State.LEFT or (address and address.pk in refused):
            made.left.append(member)
        elif state == Membership.State.SUSPENDED or (address and address.suppressed_at):
            made.suspended.append(member)
        else:
            _sort_in(made, member, membership, _values(member, member_list, read, places, made.hints, membership))
    matched = {membership.pk for membership in pairs.values()}
    made.gone = list(
        member_list.memberships.filter(state=Membership.State.ACTIVE)
        .exclude(pk__in=matched)
        .select_related("address")
        .order_by("address__key")
    )
    return made


def _sort_in(made: Plan, member: Member, membership: Membership | None, values: dict[str, Any]) -> None:
    if membership is None or membership.state == Membership.State.REMOVED:
        made.add.append(Change(member, membership, values))
        return
    differing = {name: value for name, value in values.items() if getattr(membership, name) != value}
    (made.change if differing else made.unchanged).append(Change(member, membership, differing))


def _addresses(keys: Iterable[str]) -> dict[str, Address]:
    return {address.key: address for address in Address.objects.filter(channel="email", key__in=list(keys))}


def _refused_here(member_list: MemberList, known: Iterable[Address]) -> set[int]:
    return set(
        Refusal.objects.filter(
            Q(member_list=member_list) | Q(member_list=None), address__in=[address.pk for address in known]
        ).values_list("address_id", flat=True)
    )


def _paired(member_list: MemberList, read: Roster) -> dict[int, Membership]:
    """id(member) → its membership: by mailbox and company, else the only one left over on both sides (a new name)."""
    existing: dict[str, list[Membership]] = defaultdict(list)
    for membership in member_list.memberships.select_related("address").order_by("id"):
        existing[membership.address.key].append(membership)
    wanted: dict[str, list[Member]] = defaultdict(list)
    for member in read.members:
        wanted[member.key].append(member)
    pairs: dict[int, Membership] = {}
    for key, members in wanted.items():
        spare = existing.get(key, [])
        by_company = {membership.company_key: membership for membership in spare}
        for member in members:
            if member.company_key in by_company:
                pairs[id(member)] = by_company.pop(member.company_key)
        open_members = [member for member in members if id(member) not in pairs]
        if len(open_members) == 1 and len(by_company) == 1:
            pairs[id(open_members[0])] = next(iter(by_company.values()))
    return pairs


class Gazetteer:
    """Finds the places that a member names, by code or by any of their names."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        for pk, locode, names in Place.objects.values_list("pk", "locode", "names"):
            self.known |= {fold(name): pk for name in names.values()}
            self.known[fold(locode)] = pk

    def find(self, ports: Iterable[str]) -> tuple[list[int], list[str]]:
        """Ids in order, and the words that name no place of ours."""
        found = {port: self.known.get(fold(port)) for port in ports}
        return sorted({pk for pk in found.values() if pk}), [port for port, pk in found.items() if not pk]


def _values(
    member: Member,
    member_list: MemberList,
    read: Roster,
    places: Gazetteer,
    hints: list[Hint],
    before: Membership | None,
) -> dict[str, Any]:
    """What the file says about a member, by column; a column that the file lacks changes nothing."""
    told = set(read.columns.values())
    ids, strange = places.find(member.ports)
    extra = dict(before.extra) if before else {}
    extra |= member.extra
    if "ports" in told:
        extra.pop("ports", None)
        if strange:
            extra["ports"] = "; ".join(strange)
            text = _("Not a place of this service: %(ports)s") % {"ports": ", ".join(strange)}
            hints.append(Hint(member.rows[0], text))
    values = {
        "company": member.company,
        "company_key": member.company_key,
        "contact": member.contact,
        "language": member.language or member_list.association.language,
        "phone": member.phone,
        "places": ids or ([NOWHERE] if strange else []),
        "modes": list(member.modes),
        "sector_role": member.sector_role,
        "consent_basis": member.consent_basis,
        "consent_at": member.consent_at,
    }
    columns = told | {own for own, heading in (("company_key", "company"), ("places", "ports")) if heading in told}
    return {name: value for name, value in values.items() if name in columns or before is None} | {"extra": extra}


# --- Storing ------------------------------------------------------------------------------------------------------


def prepare(
    member_list: MemberList,
    *,
    data: bytes,
    file_name: str,
    by: User | None,
    now: datetime,
    options: dict[str, Any] | None = None,
) -> ImportRun:
    """Keeps the file for the dry run; nothing is imported before `apply`."""
    return ImportRun.objects.create(
        member_list=member_list,
        by=by,
        file_name=file_name[:200],
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        options=options or {},
        created_at=now,
    )


def reading(run: ImportRun) -> Roster | Question:
    """The file of a run, read with what has been answered so far; raises `Unreadable`."""
    if run.content is None:
        raise Conflict(_("This file is no longer kept. Upload it again."))
    return roster.read(bytes(run.content), **run.options)


def answer(run: ImportRun, *, options: dict[str, Any]) -> None:
    """Keeps what a person answered about the file, as long as nothing is decided."""
    ImportRun.objects.filter(pk=run.pk, applied_at=None).update(options=options)


def keep_list(member_list: MemberList, *, by: Any, now: datetime) -> MemberList:
    """Stores a new or a changed list; its way and threshold decide who hears of what, so it is audited."""
    with transaction.atomic():
        action = "list.change" if member_list.pk else "list.add"
        member_list.save()
        facts = {"name": member_list.name, "way": member_list.way, "direct_from": member_list.direct_from}
        audit.record(actor=by, action=action, target=f"list:{member_list.uid}", facts=facts, now=now)
    return member_list


def apply(
    run: ImportRun,
    *,
    by: User | None,
    now: datetime,
    ground: str = "",
    remove_gone: bool = False,
    whole: bool = False,
) -> ImportRun:
    """Stores the import with its consent record, once; `whole`: all rows or nothing.

    Raises `NoGround`, `NotAllGood`, `Unreadable`, `Conflict`.
    """
    with transaction.atomic():
        member_list = MemberList.objects.select_for_update().select_related("association").get(pk=run.member_list_id)
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.applied_at is not None:
            return run
        read = reading(run)
        if isinstance(read, Question):
            raise Conflict(str(read.text))
        made = plan(member_list, read)
        if not ground and any(not entry.member.consent_basis for entry in made.add):
            raise NoGround()
        if whole and made.refused:
            raise NotAllGood()
        run.ground, run.applied_at, run.content = ground, now, None
        run.counts = made.counts()
        run.before = _store(made, run, now=now, remove_gone=remove_gone)
        run.save(update_fields=["ground", "applied_at", "content", "counts", "before"])
        MemberList.objects.filter(pk=member_list.pk).update(columns=member_list.columns | read.columns)
        audit.record(
            actor=by or "import_members",
            action="list.import",
            target=f"list:{member_list.uid}",
            facts={"run": str(run.uid), "sha256": run.sha256, "ground": ground, **run.counts},
            now=now,
        )
        _refresh_statistics()
    return run


def _refresh_statistics() -> None:
    """The planner meets a list of thousands before the server's own analysis does: a notice may go out at once."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_membership, delivery_address")


def _store(made: Plan, run: ImportRun, *, now: datetime, remove_gone: bool) -> list[dict[str, Any]]:
    """Writes the rows and returns how they were before."""
    old = [entry.membership for entry in (*made.add, *made.change) if entry.membership is not None]
    old += made.gone if remove_gone else []
    before = [_snapshot(membership) for membership in old]
    found = addresses.get_or_create_many([entry.member.email for entry in made.add])
    fresh = [
        Membership(
            member_list_id=run.member_list_id,
            address=found[entry.member.key],
            run=run,
            state_at=now,
            **entry.values | _consent(entry.member, run, now),
        )
        for entry in made.add
        if entry.membership is None
    ]
    Membership.objects.bulk_create(fresh, batch_size=2_000)
    for entry in (*made.add, *made.change):
        if entry.membership is not None:
            for name, value in entry.values.items():
                setattr(entry.membership, name, value)
            if entry.membership.state == Membership.State.REMOVED:
                entry.membership.state, entry.membership.state_at = Membership.State.ACTIVE, now
    for membership in made.gone if remove_gone else ():
        membership.state, membership.state_at = Membership.State.REMOVED, now
    Membership.objects.bulk_update(old, STORED, batch_size=1_000)
    return [{"made": membership.pk} for membership in fresh] + before


def _consent(member: Member, run: ImportRun, now: datetime) -> dict[str, Any]:
    return {"consent_basis": member.consent_basis or run.ground, "consent_at": member.consent_at or now}


def _snapshot(membership: Membership) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(membership, name) for name in STORED}
    for name in ("consent_at", "state_at"):
        row[name] = row[name].isoformat() if row[name] else None
    return {"pk": membership.pk, **row}


# --- Taking back --------------------------------------------------------------------------------------------------


def take_back(run: ImportRun, *, by: User | None, now: datetime) -> ImportRun:
    """Makes the list as it was before its last import; who left meanwhile stays out. Raises `NotTheLast`."""
    with transaction.atomic():
        member_list = MemberList.objects.select_for_update().get(pk=run.member_list_id)
        last = (
            member_list.runs.filter(applied_at__isnull=False, taken_back_at=None)
            .order_by("-applied_at", "-pk")
            .first()
        )
        if last is None or last.pk != run.pk:
            raise NotTheLast()
        made = [row["made"] for row in last.before if "made" in row]
        member_list.memberships.filter(pk__in=made).delete()
        rows = {row["pk"]: row for row in last.before if "pk" in row}
        restored = list(member_list.memberships.filter(pk__in=rows).select_related("address"))
        refused = _refused_here(member_list, [membership.address for membership in restored])
        for membership in restored:
            _restore(membership, rows[membership.pk], refused)
        Membership.objects.bulk_update(restored, STORED, batch_size=1_000)
        last.taken_back_at, last.before = now, []
        last.save(update_fields=["taken_back_at", "before"])
        audit.record(
            actor=by or "import_members",
            action="list.import_taken_back",
            target=f"list:{member_list.uid}",
            facts={"run": str(last.uid), "removed": len(made), "restored": len(restored)},
            now=now,
        )
    return last


def _restore(membership: Membership, row: dict[str, Any], refused: set[int]) -> None:
    stays_out = membership.address_id in refused or membership.state in (
        Membership.State.LEFT,
        Membership.State.SUSPENDED,
    )
    for name in STORED:
        if name in ("state", "state_at") and stays_out:
            continue
        value = row[name]
        if name in ("consent_at", "state_at") and value:
            value = datetime.fromisoformat(value)
        setattr(membership, name, value)
