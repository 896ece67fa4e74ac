"""Tables from strangers (CSV, XLSX) read as the text a person sees, and tables for strangers that run nothing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from . import encodings
from .errors import Refused

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_PARTS = 2_000
MAX_RECORDS = 100_000
MAX_COLUMNS = 200

DELIMITERS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
}


class Unreadable(Refused):
    message = gettext_lazy("This file cannot be read as a table.")


@dataclass(frozen=True)
class Record:
    """One row as text; `number` counts records with the heading as 1, as a spreadsheet shows them."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """A heading and its records; blank rows are gone. `encoding` and `delimiter` are empty for a workbook."""

    headings: list[str]
    records: list[Record]
    encoding: str = ""
    delimiter: str = ""
    name: str = ""


@dataclass(frozen=True)
class Question:
    """What only a person can say; `about` is the name of the argument that `read` wants it in."""

    about: str
    text: str | Promise
    choices: dict[str, str] = field(default_factory=dict)


def read(
    data: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    known: Callable[[Sequence[str]], bool] = lambda headings: False,
) -> Sheet | Question:
    """The table in `data`, or the question to ask first; raises `Unreadable`. `known` breaks a tie of dialects."""
    if not data.strip():
        raise Unreadable(_("The file is empty."))
    if len(data) > MAX_BYTES:
        raise Unreadable(_("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 2**20})
    if data.startswith(b"PK\x03\x04"):
        return _read_workbook(data, sheet)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is an old or a locked Excel file. Save it as .xlsx without a password, or as CSV."))
    if data.startswith((b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")):
        raise Unreadable(_("This is not a table. Save the list as CSV or .xlsx."))
    return _read_text(data, encoding, delimiter, known)


# --- CSV ----------------------------------------------------------------------------------------------------------


def _read_text(
    data: bytes, encoding: str, delimiter: str, known: Callable[[Sequence[str]], bool]
) -> Sheet | Question:
    name = encoding or encodings.recognise(data)
    if name is None:
        readings = encodings.readings(data)
        choices = {name: f"{encodings.CHOICES[name]} – {', '.join(words)}" for name, words in readings.items()}
        return Question(
            "encoding", _("Which of these readings is right? The file does not say its encoding."), choices
        )
    try:
        text = data.decode(name)
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable(
            _("The file is not in the encoding %(name)s.") % {"name": name.removesuffix("-sig")}
        ) from error
    text = text.removeprefix("\ufeff")
    if text.count("\x00") > 0:
        raise Unreadable(_("This is not a table. Save the list as CSV or .xlsx."))
    if match := re.match(r"\"?sep=([,;\t])\"?\r?\n", text):
        delimiter, text = delimiter or match[1], text[match.end() :]
    try:
        asked = delimiter or _dialect(text, known)
        if isinstance(asked, Question):
            return asked
        return _sheet(_parse(text, asked), encoding=name.removesuffix("-sig"), delimiter=asked)
    except csv.Error as error:
        raise Unreadable(_("A cell of this file is too long to be right.")) from error


def _dialect(text: str, known: Callable[[Sequence[str]], bool]) -> str | Question:
    """The one delimiter that splits the heading; between several, the one that fits every row or a known heading."""
    heads = {mark: _first_row(text.lstrip(), mark) for mark in DELIMITERS}
    splits = [mark for mark, cells in heads.items() if len(cells) > 1]
    if len(splits) < 2:
        return splits[0] if splits else ","
    for fits in (
        [mark for mark in splits if known(heads[mark])],
        [mark for mark in splits if _even(text, mark, len(heads[mark]))],
    ):
        if len(fits) == 1:
            return fits[0]
    choices = {mark: f"{DELIMITERS[mark]} – {' | '.join(heads[mark][:6])}" for mark in splits}
    return Question("delimiter", _("Which sign separates the columns of this file?"), choices)


def _first_row(text: str, mark: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), [])


def _even(text: str, mark: str, width: int) -> bool:
    return all(len(row) == width for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if any(row))


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    _check_quotes(text, delimiter)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _check_quotes(text: str, delimiter: str) -> None:
    """A quote that is never closed swallows the rest of the file: better to name the row than to lose it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                message = _("A quotation mark in row %(row)s is never closed.") % {"row": number + 1}
                raise Unreadable(message) from error
        number += 1


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _read_workbook(data: bytes, wanted: str) -> Sheet | Question:
    try:
        check_package(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {ws.title: ws for ws in book.worksheets if ws.sheet_state == "visible"}
        filled = [title for title, ws in sheets.items() if any(any(row) for row in _rows(ws, limit=50))]
        if wanted and wanted in sheets:
            filled = [wanted]
        if len(filled) > 1:
            return Question("sheet", _("Which sheet of the workbook holds the list?"), {t: t for t in filled})
        rows = _rows(sheets[filled[0]]) if filled else iter(())
        return _sheet(rows, name=filled[0] if filled else "")
    except Refused:
        raise
    except Exception as error:  # zipfile and openpyxl raise whatever a damaged part made them stumble over
        raise Unreadable(_("This workbook is damaged. Open it, save it again as .xlsx and try once more.")) from error


def check_package(data: bytes) -> None:
    """Refuses archives that are no workbook, or that would unpack to more than we hold (zip bombs)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise Unreadable(_("This workbook unpacks to more than it can rightly hold."))
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            raise Unreadable(_("This is not an Excel workbook. Save the list as CSV or .xlsx."))
        for part in parts:  # the sizes above are only claims
            with archive.open(part) as stream:
                left = part.file_size
                while chunk := stream.read(1 << 20):
                    left -= len(chunk)
                    if left < 0:
                        raise Unreadable(_("This workbook unpacks to more than it can rightly hold."))


def _rows(ws: Any, limit: int = MAX_RECORDS + 1) -> Iterator[list[str]]:
    ws.reset_dimensions()  # the claimed size of a sheet may be anything
    for row in ws.iter_rows(max_row=limit):  # each as wide as it is: with a limit, openpyxl fills all up to it
        cells = [cell_text(cell.value, getattr(cell, "number_format", "")) for cell in row[:MAX_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def cell_text(value: Any, number_format: str = "") -> str:
    """What a person reads in the cell: no ".0", no "E+", dates in ISO 8601, zeros that the format shows."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        value = int(value) if value.is_integer() else repr(value)
    if isinstance(value, int) and re.fullmatch(r"0{2,}", number_format or ""):
        return str(value).zfill(len(number_format))
    return str(value)


def _sheet(rows: Iterable[list[str]], **facts: str) -> Sheet:
    """Numbers the records from the heading on and drops blank ones."""
    headings: list[str] = []
    records: list[Record] = []
    number = 0
    for cells in rows:
        number += bool(headings)
        if number > MAX_RECORDS:
            raise Unreadable(_("The file has more than %(count)s rows.") % {"count": f"{MAX_RECORDS:,}"})
        if not any(cell.strip("\ufeff\u200b \xa0\t\r\n") for cell in cells):
            continue
        if not headings:
            headings, number = cells, 1
        else:
            records.append(Record(number, cells))
    if not headings:
        raise Unreadable(_("The file is empty."))
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    return Sheet(headings, records, **facts)


# --- Writing ------------------------------------------------------------------------------------------------------

_RUNS = re.compile(r"'?[=+\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(r"[+-]|[+-]?[\d ().,/-]*\d[\d ().,/-]*")


def neutral(text: str) -> str:
    """`text` with an apostrophe before what a spreadsheet would run; numbers and a lone sign stay as they are."""
    return f"'{text}" if _RUNS.match(text) and not _HARMLESS.fullmatch(text) else text


def plain(text: str) -> str:
    """The opposite of `neutral`, for a list that comes back."""
    return text[1:] if text.startswith("'") and _RUNS.match(text[1:]) else text


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """As spreadsheets of every language read and sort a moment: 2026-12-14 09:00. Empty where it is not known."""
    return f"{at.astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M}" if at else ""


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with byte order mark, comma, CRLF, formulas neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(str(heading)) for heading in headings])
    writer.writerows([neutral(cell_text(value)) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Sheet1") -> bytes:
    """A workbook in which every cell is text, exactly as stored: nothing runs, no zero is lost."""
    book = Workbook(write_only=True)
    ws = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "Sheet1")
    for row in [headings, *rows]:
        ws.append([_text_cell(ws, cell_text(value)) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text_cell(ws: Any, text: str) -> Any:
    cell = WriteOnlyCell(ws, re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))
    cell.data_type = "s"  # openpyxl takes a leading "=" for a formula
    cell.number_format = "@"
    cell.quotePrefix = bool(_RUNS.match(text))
    return cell
