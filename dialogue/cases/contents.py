"""What a file is, told by its content and never by its name alone. Recognition and limits, no virus scanner."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base import encodings, sheets
from base.errors import Refused

MAX_PIXELS = 100_000_000  # unpacked by a viewer to 400 MB, more than any scan needs
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_ZIP = b"PK\x03\x04"
_NO_TEXT = frozenset(range(32)) - {0x09, 0x0A, 0x0C, 0x0D} | {0x7F}


class Unacceptable(Refused):
    """A file that is not taken; the message names it and says what to do."""

    field = "attachments"


@dataclass(frozen=True)
class Form:
    """One form of file: what it is called, how it is served, and whether bytes are of it."""

    name: str | Promise
    mime: str
    endings: tuple[str, ...]
    fits: Callable[[bytes], bool]


def recognise(name: str, data: bytes) -> Form:
    """The form that name and content agree on; raises `Unacceptable`."""
    if not data:
        raise Unacceptable(_("“%(name)s” is empty. Choose it again or leave it out.") % {"name": name})
    ending = PurePath(name).suffix.lower()
    form = next((form for form in FORMS if ending in form.endings), None)
    if form is None:
        raise Unacceptable(
            _("“%(name)s” is none of the files we take: PDF, JPEG, PNG, text, CSV or XLSX.") % {"name": name}
        )
    if not form.fits(data):
        raise Unacceptable(
            _("“%(name)s” does not hold what its name says: it is damaged, too large inside, or not %(form)s.")
            % {"name": name, "form": form.name}
        )
    return form


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:] and b" obj" in data


def _is_png(data: bytes) -> bool:
    """Chunk by chunk from IHDR to IEND, of a size that can be unpacked."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or len(data) < 33:
        return False
    width, height = struct.unpack(">II", data[16:24])
    at = len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IEND":
            return _drawable(width, height)
        at += 12 + length
    return False


def _is_jpeg(data: bytes) -> bool:
    """Segment by segment to the start of the scan, of a size that can be unpacked, with an end."""
    if not data.startswith(_JPEG) or b"\xff\xd9" not in data[-65536:]:
        return False
    size = (0, 0)
    for marker, body in _segments(data):
        # SOF0–SOF15 tell the size, but for the tables DHT, JPG and DAC among them.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(body) >= 5:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
        if marker == 0xDA:
            return _drawable(*size)
    return False


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _drawable(width: int, height: int) -> bool:
    return 0 < width * height <= MAX_PIXELS


def _is_text(data: bytes) -> bool:
    if data.startswith((b"%PDF-", _PNG, _JPEG, _ZIP)):
        return False
    encoding = encodings.recognise(data) or "windows-1252"
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        # Another eight-bit encoding: whatever it is, it has no control characters.
        return not _NO_TEXT.intersection(data)
    return not any(ord(sign) in _NO_TEXT for sign in text)


def _is_workbook(data: bytes) -> bool:
    """A workbook without macros that does not unpack beyond bounds."""
    if not data.startswith(_ZIP):
        return False
    try:
        sheets.check_package(data)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return not any("vbaproject" in name.lower() for name in archive.namelist())
    except Exception:  # zipfile raises whatever a damaged part made it stumble over
        return False


FORMS = (
    Form("PDF", "application/pdf", (".pdf",), _is_pdf),
    Form("JPEG", "image/jpeg", (".jpg", ".jpeg"), _is_jpeg),
    Form("PNG", "image/png", (".png",), _is_png),
    Form(_("text"), "text/plain", (".txt",), _is_text),
    Form("CSV", "text/csv", (".csv",), _is_text),
    Form("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",), _is_workbook),
)
