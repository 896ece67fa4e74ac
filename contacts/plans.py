"""What an import would do to a list: the file's members beside those that are on it. Stores nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from .models import MemberList, Membership, Place
from .roster import Hint, Member, Roster, RowRefused

# A member who named only places that we do not know wants those, not every one: an id that no place has.
NOWHERE = 0
TOLD = (
    "company", "company_key", "contact", "language", "phone", "places", "modes", "sector_role", "is_aeo",
    "extra", "consent_basis", "consent_at",
)  # fmt: skip
State = Membership.State


@dataclass(frozen=True, slots=True)
class Known:
    """A member who is on the list, in whatever state; `values` are the columns that a file may tell."""

    pk: int
    key: str
    email: str
    state: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one member of the file; `known` is None for a new one."""

    member: Member
    known: Known | None
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
    gone: list[Known] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    @property
    def refused(self) -> list[RowRefused]:
        return self.roster.refused

    def counts(self) -> dict[str, int]:
        """Mailboxes, each in one group: one that is on the list already is never "add"."""
        known = {
            entry.member.key
            for entry in (*self.add, *self.change, *self.unchanged)
            if entry.known is not None and entry.known.state == State.ACTIVE
        }
        touched = {entry.member.key for entry in (*self.add, *self.change)}
        return {
            "add": len(touched - known),
            "change": len(touched & known),
            "unchanged": len({entry.member.key for entry in self.unchanged} - touched),
            "refused": len(self.refused),
            "left": len({member.key for member in self.left}),
            "suspended": len({member.key for member in self.suspended}),
            "gone": len({known.key for known in self.gone}),
        }


def compare(member_list: MemberList | None, read: Roster) -> Plan:
    """What importing `read` would do to `member_list`, or to an empty list if there is none."""
    made = Plan(read, hints=list(read.hints))
    if member_list is None:
        made.add = [Change(member, None, {}) for member in read.members]
        return made
    known = _known(member_list)
    pairs = _paired(known, read)
    barred = _barred(member_list, {member.key for member in read.members})
    values = _Values(member_list, read, made.hints)
    for member in read.members:
        before, bar = pairs.get(id(member)), barred.get(member.key, "")
        state = before.state if before else ""
        if State.LEFT in (state, bar):
            made.left.append(member)
        elif State.SUSPENDED in (state, bar):
            made.suspended.append(member)
        else:
            _sort_in(made, Change(member, before, values.of(member, before)))
    matched = {one.pk for one in pairs.values()}
    made.gone = sorted(
        (one for one in known if one.state == State.ACTIVE and one.pk not in matched), key=lambda one: one.key
    )
    return made


def _sort_in(made: Plan, change: Change) -> None:
    known = change.known
    if known is None or known.state == State.REMOVED:
        made.add.append(change)
    elif differing := {name: value for name, value in change.values.items() if known.values[name] != value}:
        made.change.append(Change(change.member, known, differing))
    else:
        made.unchanged.append(Change(change.member, known, {}))


def _known(member_list: MemberList) -> list[Known]:
    columns = ("pk", "address__key", "address__value", "state", *TOLD)
    return [
        Known(pk, key, email, state, dict(zip(TOLD, told, strict=True)))
        for pk, key, email, state, *told in member_list.memberships.order_by("id").values_list(*columns).iterator()
    ]


def _barred(member_list: MemberList, keys: set[str]) -> dict[str, str]:
    """key → left or suspended, for mailboxes that no import brings to this list."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.key, CASE WHEN r.id IS NULL THEN %s ELSE %s END
            FROM delivery_address a
            LEFT JOIN contacts_refusal r
                ON r.address_id = a.id AND (r.member_list_id IS NULL OR r.member_list_id = %s)
            WHERE a.channel = 'email' AND a.key = ANY(%s) AND (r.id IS NOT NULL OR a.suppressed_at IS NOT NULL)
            """,
            [State.SUSPENDED, State.LEFT, member_list.pk, list(keys)],
        )
        return dict(cursor.fetchall())


def _paired(known: list[Known], read: Roster) -> dict[int, Known]:
    """id(member) → who it is: by mailbox and company, else the only one left over on both sides (a new name)."""
    existing: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        existing[one.key].append(one)
    wanted: dict[str, list[Member]] = defaultdict(list)
    for member in read.members:
        wanted[member.key].append(member)
    pairs: dict[int, Known] = {}
    for key, members in wanted.items():
        by_company = {one.values["company_key"]: one for one in existing.get(key, ())}
        for member in members:
            if member.company_key in by_company:
                pairs[id(member)] = by_company.pop(member.company_key)
        open_members = [member for member in members if id(member) not in pairs]
        if len(open_members) == 1 and len(by_company) == 1:
            pairs[id(open_members[0])] = next(iter(by_company.values()))
    return pairs


class Gazetteer:
    """Finds the places that members name, by code or by any of their names."""

    def __init__(self, members: list[Member]) -> None:
        self.known: dict[str, int] = Place.objects.called({port for member in members for port in member.ports})
        self.find = cache(self._find)

    def _find(self, ports: Iterable[str]) -> tuple[list[int], list[str]]:
        """Ids in order, and the words that name no place of ours."""
        found = {port: self.known.get(port) for port in ports}
        return sorted({pk for pk in found.values() if pk}), [port for port, pk in found.items() if not pk]


class _Values:
    """What the file says about a member, by column; a column that the file lacks changes nothing."""

    def __init__(self, member_list: MemberList, read: Roster, hints: list[Hint]) -> None:
        self.language = member_list.association.language
        self.told = set(read.columns.values())
        self.columns = self.told | {
            own for own, heading in (("company_key", "company"), ("places", "ports")) if heading in self.told
        }
        self.places = Gazetteer(read.members)
        self.hints = hints

    def of(self, member: Member, before: Known | None) -> dict[str, Any]:
        ids, strange = self.places.find(member.ports)
        extra = (before.values["extra"] if before else {}) | member.extra
        if "ports" in self.told:
            extra.pop("ports", None)
            if strange:
                extra["ports"] = "; ".join(strange)
                text = _("Not a place of this service: %(ports)s") % {"ports": ", ".join(strange)}
                self.hints.append(Hint(member.rows[0], text))
        values = {
            "company": member.company,
            "company_key": member.company_key,
            "contact": member.contact,
            "language": member.language or self.language,
            "phone": member.phone,
            "places": ids or ([NOWHERE] if strange else []),
            "modes": list(member.modes),
            "sector_role": member.sector_role,
            "is_aeo": member.is_aeo,
            "consent_basis": member.consent_basis,
            "consent_at": member.consent_at,
        }
        if before is not None:
            values = {name: value for name, value in values.items() if name in self.columns}
        return values | {"extra": extra}
