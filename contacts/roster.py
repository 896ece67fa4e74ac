"""A member file read: clean addresses, one member a mailbox and company. Stores nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from base import mailbox, sheets
from base.sheets import Question, Record, Sheet

from . import cells, headings


@dataclass(frozen=True)
class Member:
    """One mailbox for one company, merged from `rows`; texts are as typed."""

    rows: tuple[int, ...]
    email: str
    key: str
    company: str = ""
    company_key: str = ""
    contact: str = ""
    language: str = ""
    phone: str = ""
    ports: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    sector_role: str = ""
    is_aeo: bool | None = None
    consent_basis: str = ""
    consent_at: datetime | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RowRefused:
    row: int
    reason: str
    said: str = ""


@dataclass(frozen=True)
class Hint:
    """Something to look at in a row that is imported all the same."""

    row: int
    text: str


@dataclass
class Roster:
    sheet: Sheet
    columns: dict[str, str]
    members: list[Member] = field(default_factory=list)
    refused: list[RowRefused] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    @property
    def mailboxes(self) -> int:
        return len({member.key for member in self.members})

    def hint(self, row: int, text: str) -> None:
        self.hints.append(Hint(row, text))

    def refuse(self, row: int, reason: str, said: str = "") -> None:
        self.refused.append(RowRefused(row, reason, said))


def read(
    data: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    columns: dict[str, str] | None = None,
) -> Roster | Question:
    """The members in a file, or what must be asked first; raises `Unreadable`. `columns` is heading → field."""
    table = sheets.read(data, encoding=encoding, delimiter=delimiter, sheet=sheet, known=headings.has_email)
    if isinstance(table, Question):
        return table
    table = replace(table, headings=[mailbox.clean(heading) for heading in table.headings])
    mapped = headings.mapped(table, told=columns or {})
    if isinstance(mapped, Question):
        return mapped
    roster = Roster(table, {table.headings[at]: name for at, name in mapped.items()})
    found: dict[tuple[str, str], Member] = {}
    first: dict[str, Member] = {}
    for record in table.records:
        member = _member(record, mapped, roster)
        if member is None:
            continue
        known = found.get((member.key, member.company_key))
        found[member.key, member.company_key] = _merge(known, member, roster) if known else member
        if not known and (other := first.get(member.key)):
            text = _("Same mailbox as row %(row)s, for another company: kept as a second membership")
            roster.hint(record.number, text % {"row": other.rows[0]})
        first.setdefault(member.key, member)
    roster.members = list(found.values())
    return roster


def rows_of(members: Iterable[Member]) -> list[int]:
    return sorted(row for member in members for row in member.rows)


# --- Rows ---------------------------------------------------------------------------------------------------------


def _member(record: Record, mapped: dict[int, str], roster: Roster) -> Member | None:
    """The member of one row, or None when it is refused."""
    titles, row = roster.sheet.headings, record.number
    texts = [sheets.plain(cell.replace("\x00", "")) for cell in record.cells]
    if any(text.strip() for text in texts[len(titles) :]):
        facts = {"cells": len(texts), "headings": len(titles)}
        roster.refuse(row, _("More cells than headings (%(cells)s, not %(headings)s)") % facts, texts[0])
        return None
    texts += [""] * (len(titles) - len(texts))
    values = {name: texts[at] for at, name in mapped.items()}
    email = mailbox.unwrap(mailbox.clean(values.get("email", "")))
    if reason := mailbox.problem(email):
        roster.refuse(row, reason, email)
        return None
    try:
        consent_at = cells.moment(mailbox.clean(values.get("consent_at", "")))
    except ValueError:
        roster.refuse(row, _("Consent date does not exist or cannot be read"), values["consent_at"])
        return None
    extra = {titles[at]: text for at, text in enumerate(texts) if at not in mapped and text.strip()}
    company, contact = (_fitting(values.get(name, ""), 200, row, roster) for name in ("company", "contact"))
    language = _language(values.get("language", ""), row, roster)
    extra |= {name: values[name] for name in ("country",) if values.get(name, "").strip()}
    if not language and values.get("language", "").strip():
        extra["language"] = values["language"]
    return Member(
        rows=(row,),
        email=email,
        key=mailbox.key(email),
        company=company,
        company_key=cells.company_key(company),
        contact=contact,
        language=language,
        phone=_phone(mailbox.clean(values.get("phone", "")), row, roster),
        ports=cells.places(values.get("ports", "")),
        modes=_modes(values.get("modes", ""), row, roster),
        sector_role=mailbox.clean(values.get("sector_role", ""))[:80],
        is_aeo=_aeo(values.get("is_aeo", ""), row, roster),
        consent_basis=mailbox.clean(values.get("consent_basis", ""))[:40],
        consent_at=consent_at,
        extra=extra,
    )


def _fitting(text: str, limit: int, row: int, roster: Roster) -> str:
    if len(text) > limit:
        roster.hint(row, _("A text longer than %(limit)s characters was cut") % {"limit": limit})
    return text[:limit]


def _language(text: str, row: int, roster: Roster) -> str:
    code = cells.language(text)
    if text.strip() and not code:
        hint = _("No notices in the language “%(language)s”: the list's own is used")
        roster.hint(row, hint % {"language": text.strip()})
    return code


def _phone(text: str, row: int, roster: Roster) -> str:
    if cells.spoiled(text):
        roster.hint(row, _("Phone number spoiled by the spreadsheet (%(phone)s): left out") % {"phone": text})
        return ""
    if cells.lacks_zero(text):
        roster.hint(row, _("Phone number %(phone)s: a leading zero may be missing") % {"phone": text})
    return text[:40]


def _modes(text: str, row: int, roster: Roster) -> tuple[str, ...]:
    named, strange = cells.modes(text)
    if strange:
        roster.hint(row, _("Unknown mode of transport: %(modes)s") % {"modes": ", ".join(strange)})
    return named


def _aeo(text: str, row: int, roster: Roster) -> bool | None:
    said = cells.aeo(text)
    if said is None and text.strip():
        hint = _("AEO status not understood: %(said)s. Write yes, no or the number.")
        roster.hint(row, hint % {"said": text.strip()})
    return said


def _merge(known: Member, again: Member, roster: Roster) -> Member:
    """The same mailbox and company once more: its places are added, whatever else differs is reported."""
    row = {"row": known.rows[0]}
    differing = [
        label
        for label, one, other in (
            (_("company"), known.company, again.company),
            (_("contact"), known.contact, again.contact),
            (_("language"), known.language, again.language),
            (_("places"), set(known.ports), set(again.ports)),
            (_("phone"), known.phone, again.phone),
        )
        if one != other
    ]
    text = _("Same mailbox as row %(row)s") % row
    if differing:
        text = _("Same mailbox as row %(row)s, differing in: %(what)s") % (row | {"what": ", ".join(differing)})
    roster.hint(again.rows[0], text)
    # Two people at one desk: a neutral greeting is better than the wrong name.
    contact = known.contact if known.contact.casefold() == again.contact.casefold() else ""
    return replace(
        known,
        rows=known.rows + again.rows,
        contact=contact if again.contact else known.contact,
        ports=_union(known.ports, again.ports),
        modes=_union(known.modes, again.modes),
        phone=known.phone or again.phone,
        is_aeo=again.is_aeo if known.is_aeo is None else known.is_aeo,
    )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Empty means every one, and stays so."""
    return tuple(dict.fromkeys(one + other)) if one and other else ()
