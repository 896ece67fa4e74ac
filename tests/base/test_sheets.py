"""Tables from strangers: recognised or asked about, never guessed; tables for strangers run nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook

from base import sheets
from base.sheets import Question, Sheet, Unreadable


def book(*rows, **more_sheets):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for title, extra in more_sheets.items():
        ws = made.create_sheet(title)
        for row in extra:
            ws.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "windows-1252"),
    ],
)
def test_encoding_that_proves_itself_is_recognised(codec, name):
    sheet = sheets.read("email,company\na@b.example,Société\n".encode(codec))
    assert isinstance(sheet, Sheet)
    assert sheet.encoding == name
    assert sheet.records[0].cells == ["a@b.example", "Société"]


@pytest.mark.parametrize(
    ("codec", "text"),
    [("cp1250", "Łódź"), ("cp1250", "Dvořák"), ("cp1251", "Москва"), ("cp1253", "Αθήνα"), ("cp850", "Société"),
     ("mac-roman", "Société"), ("cp1254", "Yılmaz"), ("iso-8859-15", "Bœuf")],
)  # fmt: skip
def test_encoding_that_does_not_prove_itself_is_asked_about_and_read_as_told(codec, text):
    data = f"email,company\na@b.example,{text}\n".encode(codec)
    question = sheets.read(data)
    assert isinstance(question, Question)
    assert question.about == "encoding"
    told = sheets.read(data, encoding=codec)
    assert isinstance(told, Sheet)
    assert told.records[0].cells[1] == text


def test_lines_that_name_a_western_language_settle_the_encoding():
    told = sheets.read("email,company,language\na@b.example,Lefèvre,fr\n".encode("cp1252"))
    asked = sheets.read("email,company,language\na@b.example,Lefèvre,pl\n".encode("cp1252"))
    assert isinstance(told, Sheet)
    assert isinstance(asked, Question)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiter_is_recognised(mark):
    sheet = sheets.read(f"email{mark}company\na@b.example{mark}One\n".encode())
    assert isinstance(sheet, Sheet)
    assert sheet.delimiter == mark


def test_delimiter_line_of_excel_is_no_record():
    sheet = sheets.read(b"sep=;\r\nemail;company\r\na@b.example;One, Two\r\n")
    assert isinstance(sheet, Sheet)
    assert [(record.number, record.cells) for record in sheet.records] == [(2, ["a@b.example", "One, Two"])]


def test_heading_that_two_delimiters_split_is_asked_about():
    question = sheets.read(b"one,two;three\na,b;c\n")
    assert isinstance(question, Question)
    assert question.about == "delimiter"
    assert set(question.choices) == {",", ";"}


def test_blank_rows_count_as_rows_but_are_not_read():
    sheet = sheets.read(b"email,company\n\n,,\na@b.example,One\n")
    assert isinstance(sheet, Sheet)
    assert [record.number for record in sheet.records] == [4]


def test_quotation_mark_left_open_names_its_row():
    with pytest.raises(Unreadable, match="row 3"):
        sheets.read(b'email,company\na@b.example,One\nc@d.example,"Two\ne@f.example,Three\n')


def test_workbook_reads_as_a_person_sees_it():
    sheet = sheets.read(
        book(["email", "n", "when", "flag"], ["a@b.example", 441632960111.0, datetime(2026, 3, 1), True])
    )
    assert isinstance(sheet, Sheet)
    assert sheet.records[0].cells == ["a@b.example", "441632960111", "2026-03-01", "TRUE"]


def test_workbook_with_two_filled_sheets_is_asked_about():
    data = book(["email"], ["a@b.example"], Old=[["email"], ["c@d.example"]])
    question = sheets.read(data)
    assert isinstance(question, Question)
    assert question.about == "sheet"
    told = sheets.read(data, sheet="Old")
    assert isinstance(told, Sheet)
    assert told.records[0].cells == ["c@d.example"]


def test_zip_bomb_is_refused_before_it_unpacks():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (sheets.MAX_UNPACKED_BYTES + 1))
    assert len(out.getvalue()) < sheets.MAX_BYTES
    with pytest.raises(Unreadable, match="unpacks"):
        sheets.read(out.getvalue())


def test_entities_in_a_workbook_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(["email"], ["a@b.example"]))) as good, zipfile.ZipFile(out, "w") as bad:
        for part in good.namelist():
            body = good.read(part)
            if part.endswith("sheet1.xml"):
                body = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + body.split(b"?>", 1)[-1]
            bad.writestr(part, body)
    with pytest.raises(Unreadable):
        sheets.read(out.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b" \n", b"%PDF-1.7", b"\xd0\xcf\x11\xe0rest", b"PK\x03\x04broken", b"a\x00b\x00\x00\x00\x00c", b'"', b","],
)
def test_what_is_no_table_is_refused_in_words(data):
    with pytest.raises(Unreadable) as refused:
        sheets.read(data)
    assert str(refused.value)


def test_too_large_a_file_is_refused():
    with pytest.raises(Unreadable, match="MB"):
        sheets.read(b"a" * (sheets.MAX_BYTES + 1))


TYPED = [
    "=SUM(A1:A9)",
    "+Plus Line",
    "-Dash",
    "@las",
    "\tTab",
    "+44 1632 960123",
    "-",
    "5",
    "-5",
    "plain",
    "'=quoted",
    "＝wide",
]


def test_csv_export_runs_nothing_and_keeps_numbers_readable():
    rows = list(
        csv.reader(io.StringIO(sheets.write_csv(["x"], [[t] for t in TYPED]).decode("utf-8-sig"), newline=""))
    )
    shown = [row[0] for row in rows[1:]]
    assert shown[5:10] == ["+44 1632 960123", "-", "5", "-5", "plain"]
    assert not [text for text in shown if text[0] in "=@\t＝" or text.startswith(("+P", "-D"))]
    assert [sheets.plain(text) for text in shown] == TYPED


def test_workbook_export_shows_the_same_text_and_holds_no_formula():
    cells = [
        row[0] for row in load_workbook(io.BytesIO(sheets.write_xlsx(["x"], [[t] for t in TYPED]))).active.iter_rows()
    ]
    assert [cell.value for cell in cells[1:]] == TYPED
    assert {cell.data_type for cell in cells} == {"s"}


def test_dates_are_written_in_iso_form():
    assert b"2026-03-01" in sheets.write_csv(["when"], [[date(2026, 3, 1)]])
