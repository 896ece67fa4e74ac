"""Reads a release of UN/LOCODE as UNECE hands it out: a zip, a folder, or CSV parts. Knows no database.

A part is Windows-1252 or UTF-8, without headings (other hands put some on it, and `status` before `function`);
its twelve columns are change, country, location, name, name without diacritics, subdivision, function, status,
date (YYMM), IATA, coordinates, remarks.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from base.errors import Refused
from base.text import one_line

COLUMNS = 12
FIRST_YEAR = 70  # of two digits: 70 to 99 are of the last century; the list began in 1981
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCATION = re.compile(r"[A-Z0-9]{3}")  # three codes hold a 0, against the rule
_STATUS = re.compile(r"[A-Z]{2}")
_FUNCTION = re.compile(r"(?=.*[-0-9])[-0-8AB]{1,12}")
_MINUTES = re.compile(r"(\d{2})(\d{2})([NS])\s*(\d{3})(\d{2})([EW])")
_DECIMAL = re.compile(r"(\d{1,2}\.\d+)\s*([NS])\s*(\d{1,3}\.\d+)\s*([EW])")
_FOLLOWER = re.compile(r"\buse\s+([A-Z]{2})\s?([A-Z0-9]{3})\b", re.IGNORECASE)
_C1 = {code: bytes([code]).decode("windows-1252", "ignore") for code in range(0x80, 0xA0)}


class NoRelease(Refused):
    message = _("No part of the code list is there: CSV files of twelve columns, or a zip of them.")


@dataclass
class Entry:
    """One code: the attributes of one row, and every name of all its rows. Coordinates are decimal degrees."""

    locode: str
    name: str
    plain: str
    subdivision: str
    functions: str
    leaving: bool
    follower: str
    listed_on: date | None
    iata: str
    coordinates: tuple[float, float] | None
    aliases: list[str] = field(default_factory=list)

    @property
    def country(self) -> str:
        return self.locode[:2]


@dataclass
class Release:
    """`unreadable`: what no row of the list looks like, as "part, record". `references`: country, "A = B"."""

    rows: int = 0
    places: dict[str, Entry] = field(default_factory=dict)
    headings: int = 0
    references: list[tuple[str, str]] = field(default_factory=list)
    bad_coordinates: int = 0
    unreadable: list[str] = field(default_factory=list)


def read(path: Path, *, tick: Callable[[int, int], None] = lambda done, of: None) -> Release:
    """The release at `path`; `tick` hears how many bytes of how many are read. Raises `NoRelease`."""
    release, parts, done = Release(), list(_parts(path)), 0
    of = sum(size for _name, size, _load in parts)
    for name, size, load in parts:
        _read_part(release, name, text_of(load()))
        done += size
        tick(done, of)
    if not release.rows:
        raise NoRelease()
    return release


def _parts(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Name, size and content of each CSV file, in the order of their names."""
    path.stat()  # says at once that there is nothing
    if path.is_file() and zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        for one in sorted(archive.infolist(), key=lambda info: info.filename):
            if one.filename.lower().endswith(".csv"):
                yield one.filename, one.file_size, partial(archive.read, one)
        return
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.suffix.lower() == ".csv":
            yield file.name, file.stat().st_size, file.read_bytes


def text_of(data: bytes) -> str:
    """UTF-8 where the bytes are, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("windows-1252", "ignore")


def _read_part(release: Release, name: str, text: str) -> None:
    # As one stream: a name or remark may hold a line break.
    for number, record in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        if len(record) != COLUMNS:
            if number == 1:
                return  # another table, such as the subdivisions beside the list
            release.unreadable.append(f"{name}, {number}")
            continue
        cells = [tidy(cell) for cell in record]
        _change, country, location, title = cells[:4]
        if number == 1 and not _COUNTRY.fullmatch(country):
            continue  # headings
        if not _COUNTRY.fullmatch(country) or not title:
            release.unreadable.append(f"{name}, {number}")
        elif title.startswith("."):
            release.headings += 1
        elif not location and " = " in title:
            release.references.append((country, title))
        elif _LOCATION.fullmatch(location):
            _add(release, cells)
        else:
            release.unreadable.append(f"{name}, {number}")


def tidy(cell: str) -> str:
    """One line, and letters where an earlier conversion left C1 control characters: "d\\x92Esny" is d’Esny."""
    if cell.isprintable() and "  " not in cell:  # nearly all: one_line looks at every sign
        return cell.strip()
    return one_line(cell.translate(_C1))


def _add(release: Release, cells: list[str]) -> None:
    change, country, location, name, plain, subdivision, function, status, changed, iata, where, remarks = cells
    if _STATUS.fullmatch(function) or _FUNCTION.fullmatch(status):
        function, status = status, function
    coordinates = degrees(where)
    release.rows += 1
    release.bad_coordinates += bool(where and coordinates is None)
    follower = _FOLLOWER.search(remarks)
    entry = Entry(
        locode=country + location,
        name=name,
        plain=plain,
        subdivision=subdivision[:3],
        functions=function if _FUNCTION.fullmatch(function) else "",
        leaving=change.upper() == "X" or status == "XX",
        follower="".join(follower.groups()).upper() if follower else "",
        listed_on=month(changed),
        iata=iata[:3],
        coordinates=coordinates,
    )
    known = release.places.get(entry.locode)
    release.places[entry.locode] = entry if known is None else _merged(known, entry)


def _merged(first: Entry, second: Entry) -> Entry:
    """Of two rows with one code: the one that stays, else the one with coordinates, else the first; all names."""
    kept, other = first, second
    if (second.leaving, second.coordinates is None) < (first.leaving, first.coordinates is None):
        kept, other = second, first
    kept.functions = _united(kept.functions, other.functions)
    kept.aliases = [one for one in dict.fromkeys([*kept.aliases, other.name, *other.aliases]) if one != kept.name]
    return kept


def _united(one: str, other: str) -> str:
    """The functions of both, each at its position: "---4----" and "--3-----" are "--34----"."""
    if len(one) != len(other):
        return one or other
    return "".join(b if a in "-0" else a for a, b in zip(one, other, strict=True))


def degrees(text: str) -> tuple[float, float] | None:
    """Latitude and longitude of "5155N 00430E" (minutes) or "26.9826N 88.9391E"; None for what cannot be.

    0° 0' is where a place without coordinates was put.
    """
    if found := _MINUTES.fullmatch(text):
        if int(found[2]) > 59 or int(found[5]) > 59:
            return None
        latitude = int(found[1]) + int(found[2]) / 60
        longitude = int(found[4]) + int(found[5]) / 60
        south, west = found[3] == "S", found[6] == "W"
    elif found := _DECIMAL.fullmatch(text):
        latitude, longitude = float(found[1]), float(found[3])
        south, west = found[2] == "S", found[4] == "W"
    else:
        return None
    if latitude > 90 or longitude > 180 or (latitude, longitude) == (0, 0):
        return None
    return round(-latitude if south else latitude, 4), round(-longitude if west else longitude, 4)


def month(text: str) -> date | None:
    """The first day of a month given as YYMM."""
    if not re.fullmatch(r"\d{2}(0[1-9]|1[0-2])", text):
        return None
    year = int(text[:2])
    return date(year + (1900 if year >= FIRST_YEAR else 2000), int(text[2:]), 1)


def add_aliases(release: Release, fold: Callable[[str], str]) -> list[str]:
    """Gives "A" of each reference "A = B" to the place B; returns the references that lead nowhere, or to several.

    A plain spelling that folding does not give is an alias too.
    """
    named: dict[tuple[str, str], set[str]] = {}
    for entry in release.places.values():
        if fold(entry.plain) not in (fold(name) for name in ("", entry.name, *entry.aliases)):
            entry.aliases.append(entry.plain)
        for name in _spellings(entry):
            named.setdefault((entry.country, fold(name)), set()).add(entry.locode)
    lost = []
    for country, text in release.references:
        alias, _equals, target = (part.strip() for part in text.partition(" = "))
        found = named.get((country, fold(target)), set())
        code = target.replace(" ", "")
        if not found and code in release.places:
            found = {code}
        if len(found) != 1:
            lost.append(f"{country}: {text}")
            continue
        entry = release.places[found.pop()]
        if alias not in (entry.name, *entry.aliases):
            entry.aliases.append(alias)
    return lost


def _spellings(entry: Entry) -> Iterable[str]:
    """Its names, and each without what stands in brackets: "Paamiut (Fredrikshaab)" is Paamiut."""
    for name in (entry.name, entry.plain, *entry.aliases):
        yield name
        if "(" in name:
            yield name.partition("(")[0]
