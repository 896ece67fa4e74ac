"""A member file read: which column is what, clean addresses, one member a mailbox and company. Stores nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from base import mailbox, sheets
from base.sheets import Question, Record, Sheet, Unreadable
from base.words import Mode

from .headings import FIELDS, LANGUAGES, MODES, field_of, strongly
from .models.places import fold

SPOKEN = ("en", "fr", "es", "ar")


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


def read(
    data: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    columns: dict[str, str] | None = None,
) -> Roster | Question:
    """The members in a file, or what must be asked first; raises `Unreadable`. `columns` is heading → field."""
    table = sheets.read(data, encoding=encoding, delimiter=delimiter, sheet=sheet, known=_has_email)
    if isinstance(table, Question):
        return table
    headings = [mailbox.clean(heading) for heading in table.headings]
    mapped = _map_columns(headings, table.records, columns or {})
    if isinstance(mapped, Question):
        return mapped
    roster = Roster(replace(table, headings=headings), {headings[at]: name for at, name in mapped.items()})
    found: dict[tuple[str, str], Member] = {}
    first: dict[str, Member] = {}
    for record in table.records:
        member = _member(record, headings, mapped, roster)
        if member is None:
            continue
        known = found.get((member.key, member.company_key))
        found[member.key, member.company_key] = _merge(known, member, roster) if known else member
        if not known and (other := first.get(member.key)):
            text = _("Same mailbox as row %(row)s, for another company: kept as a second membership")
            roster.hints.append(Hint(record.number, text % {"row": other.rows[0]}))
        first.setdefault(member.key, member)
    roster.members = list(found.values())
    return roster


# --- Columns ------------------------------------------------------------------------------------------------------


def _has_email(headings: Sequence[str]) -> bool:
    return any(field_of(mailbox.clean(heading)) == "email" for heading in headings)


def _map_columns(headings: list[str], records: list[Record], told: dict[str, str]) -> dict[int, str] | Question:
    """Column index → field. What a person said wins; of two columns for one field the person must choose."""
    if "email" in told.values():
        mapped = {at: told.get(heading, "") for at, heading in enumerate(headings)}
        return {at: name for at, name in mapped.items() if name}
    claims: dict[str, list[int]] = {}
    for at, heading in enumerate(headings):
        if name := told[heading] if heading in told else field_of(heading):
            claims.setdefault(name, []).append(at)
    if "email" not in claims:
        return _without_email(headings, records)
    for name, columns in claims.items():
        sure = [at for at in columns if strongly(headings[at])] or columns
        if len(sure) > 1:
            text = _("More than one column could be “%(field)s”. Which one is it?") % {"field": FIELDS[name]}
            return Question("columns", text, {headings[at]: name for at in sure})
        claims[name] = sure
    return {columns[0]: name for name, columns in claims.items()}


def _without_email(headings: list[str], records: list[Record]) -> Question:
    """Asks when a column without a heading we know is full of addresses; else there is nothing to import."""
    if any("@" in heading for heading in headings):
        raise Unreadable(_("The first row must hold headings; here it holds an address."))
    count: Counter[int] = Counter()
    for record in records:
        count.update(at for at, cell in enumerate(record.cells[: len(headings)]) if "@" in cell)
    full = [at for at, hits in count.items() if hits * 2 > len(records)]
    if full:
        text = _("Which column holds the e-mail addresses?")
        return Question("columns", text, {headings[at]: "email" for at in full})
    message = _("No column holds e-mail addresses. The headings found are: %(headings)s.")
    raise Unreadable(message % {"headings": ", ".join(heading or "–" for heading in headings)})


# --- Rows ---------------------------------------------------------------------------------------------------------


def _member(record: Record, headings: list[str], mapped: dict[int, str], roster: Roster) -> Member | None:
    """The member of one row, or None when it is refused."""
    cells = [sheets.plain(cell.replace("\x00", "")) for cell in record.cells]
    if any(cell.strip() for cell in cells[len(headings) :]):
        text = _("More cells than headings (%(cells)s, not %(headings)s)")
        facts = {"cells": len(cells), "headings": len(headings)}
        roster.refused.append(RowRefused(record.number, text % facts, cells[0]))
        return None
    cells += [""] * (len(headings) - len(cells))
    values = {name: cells[at] for at, name in mapped.items()}
    email = mailbox.unwrap(mailbox.clean(values.get("email", "")))
    if reason := mailbox.problem(email):
        roster.refused.append(RowRefused(record.number, reason, email))
        return None
    try:
        consent_at = _moment(mailbox.clean(values.get("consent_at", "")))
    except ValueError:
        reason = _("Consent date does not exist or cannot be read")
        roster.refused.append(RowRefused(record.number, reason, values["consent_at"]))
        return None
    extra = {headings[at]: cells[at] for at in range(len(headings)) if at not in mapped and cells[at].strip()}
    company, contact = (_fitting(values.get(name, ""), 200, record, roster) for name in ("company", "contact"))
    language = _language(values.get("language", ""), record, roster)
    extra |= {name: values[name] for name in ("country",) if values.get(name, "").strip()}
    if not language and values.get("language", "").strip():
        extra["language"] = values["language"]
    return Member(
        rows=(record.number,),
        email=email,
        key=mailbox.key(email),
        company=company,
        company_key=company_key(company),
        contact=contact,
        language=language,
        phone=_phone(mailbox.clean(values.get("phone", "")), record, roster),
        ports=_ports(values.get("ports", "")),
        modes=_modes(values.get("modes", ""), record, roster),
        sector_role=mailbox.clean(values.get("sector_role", ""))[:80],
        consent_basis=mailbox.clean(values.get("consent_basis", ""))[:40],
        consent_at=consent_at,
        extra=extra,
    )


def company_key(company: str) -> str:
    """What companies are compared by: no case, no accents, nothing in brackets ("Fjordlast AS (branch)")."""
    bare = re.sub(r"\([^)]*\)", " ", company)
    letters = unicodedata.normalize("NFKD", bare if bare.strip() else company)
    folded = "".join(char for char in letters if not unicodedata.combining(char)).casefold()
    return " ".join(folded.split())[:200]


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
    roster.hints.append(Hint(again.rows[0], text))
    # Two people at one desk: a neutral greeting is better than the wrong name.
    contact = known.contact if known.contact.casefold() == again.contact.casefold() else ""
    return replace(
        known,
        rows=known.rows + again.rows,
        contact=contact if again.contact else known.contact,
        ports=_union(known.ports, again.ports),
        modes=_union(known.modes, again.modes),
        phone=known.phone or again.phone,
    )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Empty means every one, and stays so."""
    return tuple(dict.fromkeys(one + other)) if one and other else ()


# --- Cells --------------------------------------------------------------------------------------------------------


def _fitting(text: str, limit: int, record: Record, roster: Roster) -> str:
    if len(text) > limit:
        hint = _("A text longer than %(limit)s characters was cut") % {"limit": limit}
        roster.hints.append(Hint(record.number, hint))
    return text[:limit]


def _language(text: str, record: Record, roster: Roster) -> str:
    typed = fold(mailbox.clean(text))
    code = LANGUAGES.get(typed, typed)[:2]
    if code and code not in SPOKEN:
        hint = _("No notices in the language “%(language)s”: the list's own is used") % {"language": text.strip()}
        roster.hints.append(Hint(record.number, hint))
    return code if code in SPOKEN else ""


def _phone(text: str, record: Record, roster: Roster) -> str:
    if re.fullmatch(r"\d+([.,]\d+)?E\+?\d+", text, re.I):
        hint = _("Phone number spoiled by the spreadsheet (%(phone)s): left out") % {"phone": text}
        roster.hints.append(Hint(record.number, hint))
        return ""
    if re.fullmatch(r"[1-9]\d{6,9}", text):
        hint = _("Phone number %(phone)s: a leading zero may be missing") % {"phone": text}
        roster.hints.append(Hint(record.number, hint))
    return text[:40]


def _ports(text: str) -> tuple[str, ...]:
    """Codes (UN/LOCODE, also "GB DVR") or names, as typed but for blanks and case of codes."""
    parts = (mailbox.clean(part) for part in re.split(r"[;,|\n]", text))
    return tuple(dict.fromkeys(_code(part) or part for part in parts if part))


def _code(part: str) -> str:
    match = re.fullmatch(r"([A-Za-z]{2})\s?([A-Za-z2-9]{3})", part)
    return (match[1] + match[2]).upper() if match and (part.isupper() or " " not in part) else ""


def _modes(text: str, record: Record, roster: Roster) -> tuple[str, ...]:
    parts = [fold(part).replace(" ", "_") for part in re.split(r"[;,|+/\n]", text)]
    modes = [MODES.get(part, part) for part in parts if part]
    strange = [mode for mode in modes if mode not in Mode.values]
    if strange:
        hint = _("Unknown mode of transport: %(modes)s") % {"modes": ", ".join(strange)}
        roster.hints.append(Hint(record.number, hint))
    return tuple(dict.fromkeys(mode for mode in modes if mode in Mode.values))


def _moment(text: str) -> datetime | None:
    """ISO 8601, or day first (31.12.2026, 31/12/2026); a day is taken at noon UTC."""
    if not text:
        return None
    if match := re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", text):
        day, month, year = map(int, match.groups())
        return _noon(date(year, month, day))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _noon(date.fromisoformat(text))
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_default_timezone())


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=timezone.get_default_timezone())


def rows_of(members: Iterable[Member]) -> list[int]:
    return sorted(row for member in members for row in member.rows)
