"""Every member file of the cases gives the outcome that its page states."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import sheets
from base.sheets import Question, Unreadable
from contacts import roster
from contacts.roster import Roster

CASES = Path(__file__).parent.parent / "cases" / "members"


def members(name: str) -> Roster:
    found = roster.read((CASES / name).read_bytes())
    assert isinstance(found, Roster)
    return found


@pytest.mark.parametrize(
    ("name", "mailboxes"),
    [("ma-01-plain.csv", 8), ("ma-02-bom-semicolon.csv", 6), ("ma-03-windows-1252.csv", 6),
     ("ma-04-quoted-newlines.csv", 4), ("ma-05-invisible-characters.csv", 5), ("ma-06-duplicates-and-case.csv", 4),
     ("ma-07a-first-import.csv", 4), ("ma-07b-second-import.csv", 4), ("ma-08-formula-cells.csv", 6),
     ("ma-09-na-null-true.csv", 6), ("ma-10-phone-numbers.xlsx", 5), ("ma-11-idn-domains.csv", 4)],
)  # fmt: skip
def test_file_gives_the_stated_number_of_members(name, mailboxes):
    assert members(name).mailboxes == mailboxes


def test_german_spreadsheet_keeps_names_with_separators_whole():
    companies = {member.company for member in members("ma-02-bom-semicolon.csv").members}
    assert {"Hansa Zoll, Transport & Lager GmbH", "Alpen-Fracht; Nachf. Öttl", 'Südlog "Express" KG'} <= companies


def test_old_windows_file_keeps_every_letter():
    texts = " ".join(f"{m.company} {m.contact}" for m in members("ma-03-windows-1252.csv").members)
    for word in ("Étoile", "Nørgaard", "Nº 9 –", "Dover’s", "€", "Bœuf", "Straßenfracht"):
        assert word in texts
    assert "\ufffd" not in texts


def test_blank_rows_are_ignored_without_a_word():
    found = members("ma-04-quoted-newlines.csv")
    assert not found.refused
    assert not found.hints
    assert 'The "Three Anchors" Co., Ltd' in {member.company for member in found.members}


def test_invisible_characters_go_and_a_blank_inside_is_refused():
    found = members("ma-05-invisible-characters.csv")
    assert all(member.email.isascii() and " " not in member.email for member in found.members)
    assert [(refused.row, "blank" in refused.reason) for refused in found.refused] == [(7, True)]


def test_spellings_of_one_mailbox_are_one_member_and_differences_are_reported():
    found = members("ma-06-duplicates-and-case.csv")
    assert {member.key for member in found.members} == {
        "anna.berg@fjordlast.example",
        "traffic@isle.example",
        "traffic+dover@isle.example",
        "office@shared.example",
    }
    said = next(hint.text for hint in found.hints if hint.row == 4 and "differing" in hint.text)
    assert "company" in said
    assert "places" in said
    shared = [member.company for member in found.members if member.key == "office@shared.example"]
    assert shared == ["Kestrel Brokers", "Kestrel Warehousing"]


def test_two_people_at_one_desk_keep_all_their_places_and_are_greeted_neutrally():
    found = roster.read(b"email,company,contact,ports\na@b.example,One,Ann,GBDVR\na@b.example,One,Bea,FRCQF\n")
    assert isinstance(found, Roster)
    assert [(m.contact, m.ports) for m in found.members] == [("", ("GBDVR", "FRCQF"))]


def test_cells_that_look_like_formulas_stay_as_typed():
    found = members("ma-08-formula-cells.csv").members
    assert [member.company for member in found][:5] == [
        "+Plus Line",
        "-Dash Cargo",
        "@las Freight",
        "=Equal Trade",
        "\tTabbed Co",
    ]
    assert [member.extra["note"] for member in found][1:4] == ["-", "@ dock 4", "=SUM(A1:A9)"]
    assert found[0].phone == "+44 1632 960123"


def test_words_that_programs_take_for_nothing_are_kept():
    found = members("ma-09-na-null-true.csv").members
    assert [member.company for member in found] == [
        "Walvis Clearing",
        "None",
        "NaN Bread Imports",
        "TRUE",
        "Inf",
        "MAR1",
    ]
    assert found[0].extra["country"] == "NA"
    assert found[5].contact == "1-2"


def test_numbers_of_a_workbook_read_as_text_and_a_lost_zero_is_hinted_at():
    found = members("ma-10-phone-numbers.xlsx")
    assert [member.phone for member in found.members] == [
        "1632960123", "01632960456", "441632960789", "441632960111", "+44 7700 900555",
    ]  # fmt: skip
    assert [member.extra["member no"] for member in found.members] == ["17", "0042", "000123456789012345", "1", "A-7"]
    assert [member.extra.get("joined") for member in found.members][:2] == ["2019-03-01", "2020-02-29"]
    assert [(hint.row, "zero" in hint.text) for hint in found.hints] == [(2, True)]


def test_both_forms_of_a_domain_are_one_mailbox_shown_as_typed():
    """DEL-30"""
    found = members("ma-11-idn-domains.csv").members
    assert found[0].email == "post@bücher-fracht.example"
    assert found[0].key == "post@xn--bcher-fracht-dlb.example"
    assert found[0].rows == (2, 3)


def test_list_without_addresses_is_an_error_that_names_the_headings():
    with pytest.raises(Unreadable) as refused:
        members("ma-12-no-email-column.csv")
    for heading in ("Company", "Contact person", "Telephone"):
        assert heading in str(refused.value)


def test_addresses_under_an_unknown_heading_are_asked_about():
    data = b"Where,Company\na@b.example,One\n"
    question = roster.read(data)
    assert isinstance(question, Question)
    assert question.about == "columns"
    told = roster.read(data, columns={"Where": "email"})
    assert isinstance(told, Roster)
    assert told.mailboxes == 1


def test_two_columns_for_one_field_are_asked_about():
    question = roster.read(b"E-Mail,Courriel\na@b.example,c@d.example\n")
    assert isinstance(question, Question)
    assert set(question.choices) == {"E-Mail", "Courriel"}


def test_answer_about_two_columns_leaves_the_others_where_they_belong():
    data = b"E-Mail,Courriel,Company\na@b.example,c@d.example,One\n"
    told = roster.read(data, columns={"E-Mail": "email", "Courriel": ""})
    assert isinstance(told, Roster)
    assert [(m.email, m.company, m.extra["Courriel"]) for m in told.members] == [
        ("a@b.example", "One", "c@d.example")
    ]


def test_two_columns_of_one_name_are_settled_by_saying_what_they_are():
    data = b"Mail,Mail\na@b.example,c@d.example\n"
    assert isinstance(roster.read(data), Question)
    told = roster.read(data, columns={"Mail": "email"})
    assert isinstance(told, Roster)
    assert [m.email for m in told.members] == ["a@b.example"]


def test_shifted_row_is_refused_and_the_rest_unharmed():
    found = roster.read(b"email,company\na@b.example,One, Ltd\nc@d.example,Two\n")
    assert isinstance(found, Roster)
    assert [refused.row for refused in found.refused] == [2]
    assert [member.email for member in found.members] == ["c@d.example"]


def test_day_that_does_not_exist_is_refused():
    found = roster.read(b"email,consent date\na@b.example,31/02/2026\nc@d.example,01/02/2026\n")
    assert isinstance(found, Roster)
    assert [refused.row for refused in found.refused] == [2]
    assert found.members[0].consent_at.isoformat().startswith("2026-02-01")


@pytest.mark.parametrize(
    "headings",
    ["Courriel;Société;Langue;Téléphone;Lieux", "Correo electrónico;Empresa;Idioma;Teléfono;Puertos",
     "E-Mail-Adresse;Firma;Sprache;Telefonnummer;Häfen", "E-mail;Company name;Language;Phone;Ports"],
)  # fmt: skip
def test_headings_are_known_in_four_languages(headings):
    found = roster.read(f"{headings}\na@b.example;One;fr;+33 1;MAPTM\n".encode())
    assert isinstance(found, Roster)
    assert list(found.columns.values()) == ["email", "company", "language", "phone", "ports"]


def test_export_of_a_list_reads_back_unchanged():
    found = members("ma-08-formula-cells.csv")
    for write in (sheets.write_csv, sheets.write_xlsx):
        data = write(["email", "company", "note"], [[m.email, m.company, m.extra["note"]] for m in found.members])
        again = roster.read(data)
        assert isinstance(again, Roster)
        assert [(m.company, m.extra["note"]) for m in again.members] == [
            (m.company, m.extra["note"]) for m in found.members
        ]


SEEDS = [path.read_bytes() for path in sorted(CASES.iterdir())]
SPOILT = st.sampled_from(
    [b'"', b",", b";", b"\r", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"@", b"PK\x03\x04", b"\xe9"]
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 6000), SPOILT, st.integers(0, 9)), max_size=6))
def test_spoilt_file_is_read_asked_about_or_refused_in_words(data, changes):
    for at, piece, dropped in changes:
        at %= len(data) + 1
        data = data[:at] + piece + data[at + dropped :]
    try:
        found = roster.read(data)
    except Unreadable as refused:
        assert str(refused)
    else:
        assert isinstance(found, Roster | Question)


@pytest.mark.parametrize(
    ("cell", "said"),
    [("yes", True), ("OUI", True), ("Sí", True), ("ESAEOC001234", True), ("no", False), ("", None), ("soon", None)],
)
def test_aeo_status_is_read_as_people_write_it(cell: str, said: bool | None) -> None:
    found = roster.read(f"email,AEO status\na@member.invalid,{cell}\n".encode())
    assert isinstance(found, roster.Roster)
    assert found.members[0].is_aeo is said
    assert [hint.text[:24] for hint in found.hints] == (["AEO status not understoo"] if cell == "soon" else [])
