"""The code list as it is handed out, with its twenty traps. `tests/data/unlocode/rows.csv` holds rows as they are."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from contacts import codelist, unlocode, zones
from contacts.models.places import fold
from contacts.unlocode import Entry, NoRelease, Release, degrees, month, text_of, tidy

TESTS = Path(__file__).parent.parent
ROWS = TESTS / "data" / "unlocode" / "rows.csv"
ODD = TESTS / "cases" / "unlocode" / "u-01-odd-rows.csv"


@cache
def real() -> Release:
    release = unlocode.read(ROWS)
    release.lost = unlocode.add_aliases(release, fold)  # type: ignore[attr-defined]
    return release


def odd_csv() -> bytes:
    """The case's rows without its two last columns, which say what is odd."""
    written = io.StringIO()
    with ODD.open(encoding="utf-8", newline="") as file:
        csv.writer(written).writerows(record[:12] for record in csv.reader(file))
    return written.getvalue().encode()


@pytest.fixture
def odd(tmp_path: Path) -> Release:
    (tmp_path / "odd.csv").write_bytes(odd_csv())
    release = unlocode.read(tmp_path)
    unlocode.add_aliases(release, fold)
    return release


def place(code: str) -> Entry:
    return real().places[code]


# ── The twenty traps


def test_trap_1_a_port_without_coordinates_is_a_place() -> None:
    for code in ("GBDVR", "IEDUB", "GBLON", "USLAX", "CNSHG", "ESALG"):
        assert place(code).coordinates is None
        assert "1" in place(code).functions


@pytest.mark.parametrize(
    "text",
    ["4162N 01934E", "4829N 38150E", "4939N 30590E", "2946S 31219E", "2444N 05045", "0000N 00000E", "9100N 00000E"],
)
def test_trap_2_an_impossible_coordinate_is_ignored(text: str) -> None:
    assert degrees(text) is None


def test_trap_2_a_place_with_an_impossible_coordinate_stays_and_is_counted() -> None:
    assert {place(code).coordinates for code in ("UAMYR", "ZAUHL", "LKWLP")} == {None}
    assert real().bad_coordinates == 3


def test_trap_2_decimal_degrees_of_later_editions_are_read() -> None:
    assert degrees("26.9826N 88.9391E") == (26.9826, 88.9391)
    assert degrees("1625S 17923E") == (-16.4167, 179.3833)


def test_trap_3_a_code_in_several_rows_is_one_place_with_every_name() -> None:
    assert [place("BEBRU").name, *place("BEBRU").aliases] == ["Brussel (Bruxelles)", "Bruxelles (Brussel)"]


def test_trap_3_of_several_rows_the_one_with_coordinates_counts_with_the_functions_of_all() -> None:
    lebanon = place("USLEB")
    assert (lebanon.subdivision, lebanon.functions, len(lebanon.aliases)) == ("NH", "--34----", 2)


def test_trap_4_places_of_one_name_differ_by_their_subdivision() -> None:
    clintons = [one for one in real().places.values() if one.name == "Clinton"]
    assert len(clintons) == len({one.subdivision for one in clintons}) == 25


@pytest.mark.parametrize("mark", ["X", "x"])
def test_trap_5_a_code_that_goes_away_is_marked_and_names_the_next(odd: Release, mark: str) -> None:
    leaving = odd.places[{"X": "SADHU", "x": "DEBR2"}[mark]]
    assert (leaving.leaving, leaving.follower) == (True, {"X": "SANEO", "x": "DEBNY"}[mark])


def test_trap_5_its_status_alone_marks_it_too() -> None:
    row = ',"SA","DHU","Port of NEOM","Port of NEOM",,"1-------","XX","2307",,,"Use SA NEO"'
    assert read_text(row).places["SADHU"].leaving
    assert not place("SANEO").leaving


def test_trap_6_namibia_is_a_country() -> None:
    assert place("NAWDH").country == "NA"
    assert zones.zone_of("NA", None) == ("Africa/Windhoek", True)


def test_trap_7_international_waters_have_a_place_and_no_zone() -> None:
    assert place("XZSHA").country == "XZ"
    assert zones.zone_of("XZ", place("XZSHA").coordinates) == ("", False)
    assert "UTC" in zones.zones_of("XZ")


def test_trap_8_function_and_status_are_told_by_their_pattern() -> None:
    ours = ',"NL","RTM","Rotterdam","Rotterdam","ZH","12345---","AF","0501",,"5155N 00430E",'
    theirs = ',"NL","RTM","Rotterdam","Rotterdam","ZH","AF","12345---","0501",,"5155N 00430E",'
    assert read_text(ours).places == read_text(theirs).places
    no_status = ',"NL","RTM","Rotterdam","Rotterdam","ZH",,"12345---","0501",,"5155N 00430E",'
    assert read_text(no_status).places["NLRTM"].functions == "12345---"


def test_trap_8_headings_of_other_hands_are_passed_over() -> None:
    headed = "Change,Country,Location,Name,NameWoDiacritics,Subdivision,Status,Function,Date,IATA,Coordinates,Remarks"
    read = read_text(f'{headed}\n,"NL","RTM","Rotterdam","Rotterdam","ZH",AF,"12345---","0501",,,')
    assert (read.rows, read.unreadable) == (1, [])


def test_trap_9_an_unknown_function_is_no_port() -> None:
    assert place("LUSKK").functions == "0-------"
    assert codelist.modes_of("0-------") == []


def test_trap_10_a_crossing_needs_no_mark_and_the_mark_says_nothing_of_the_mode() -> None:
    assert "B" not in place("CHCHI").functions + place("FRCQF").functions
    assert codelist.modes_of("-23----B") == ["rail", "road"]


def test_trap_10_letters_of_both_editions_are_understood() -> None:
    assert codelist.modes_of("1------8") == ["maritime", "inland_waterway"]
    assert codelist.modes_of("--3----A") == ["road"]
    later = ',"NL","RTM","Rotterdam","Rotterdam","ZH","1-3----8A","AF","0501",,,'
    assert read_text(later).places["NLRTM"].functions == "1-3----8A"


def test_trap_11_windows_1252_and_utf_8_are_told_by_their_bytes() -> None:
    line = ',"SE","NRK","Norrköping – Œuvre","Norrkoping",,"1234----","AA","1601",,,\r\n'
    for encoding in ("windows-1252", "utf-8", "utf-8-sig"):
        assert text_of(line.encode(encoding)) == line


def test_trap_11_control_characters_of_an_earlier_conversion_become_letters() -> None:
    assert (place("MQSHL").name, place("MUPEY").name) == ("Schœlcher", "Pointe d’Esny")
    assert tidy("a\x81b\x00c") == "abc"


def test_trap_12_a_line_break_inside_a_field_is_one_record() -> None:
    assert place("MAMDT").name == "Midelt"
    assert real().unreadable == []


def test_trap_13_spaces_at_the_end_and_doubled_ones_go() -> None:
    assert place("LUSKK").name == "Steinfort"
    assert tidy("Port  of   Call ") == "Port of Call"


def test_trap_14_a_long_name_is_not_cut() -> None:
    name = "Woluwé-Saint-Lambert (Sint-Lambrechts-Woluwe)/Brussel (Bruxelles)"
    assert name in place("BESLW").aliases
    assert len(name) == 65


def test_trap_15_names_keep_their_diacritics_beside_a_plain_key() -> None:
    assert place("SENRK").name == "Norrköping"
    assert fold("Norrköping") == "norrkoping" == fold(place("SENRK").plain)
    assert "Copenhagen" in place("DKCPH").aliases


def test_trap_16_port_and_airport_are_places_of_their_own_and_iata_is_beside_the_code() -> None:
    assert codelist.modes_of(place("CNSHG").functions) == ["maritime"]
    assert codelist.modes_of(place("CNSHA").functions) == ["air"]
    assert (place("GBABD").iata, place("NLRTM").iata) == ("ABZ", "")


@pytest.mark.parametrize(
    ("text", "meant"), [("9601", date(1996, 1, 1)), ("2307", date(2023, 7, 1)), ("", None), ("2313", None)]
)
def test_trap_17_two_digits_of_a_year_are_of_this_century_or_the_last(text: str, meant: date | None) -> None:
    assert month(text) == meant


def test_trap_18_headings_and_references_are_no_places_but_names_to_find_places_by() -> None:
    assert (real().headings, len(real().references)) == (3, 7)
    assert place("ATVIE").aliases == ["Vienna"]
    assert place("GLJFR").aliases == ["Fredrikshaab"]


def test_trap_18_an_unmarked_reference_leads_to_another_country() -> None:
    assert place("GPPTP").aliases == ["Pointe-a-Pitre"]
    assert "RELPT" in real().places
    assert real().lost == ["RU: Gorkiy = Nizhny Novgorod"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["US7CN", "DEB90", "IT940"])
def test_trap_19_codes_hold_digits_even_a_zero(code: str) -> None:
    assert code in real().places


def test_trap_20_the_zone_is_the_only_one_of_the_country_or_that_of_its_nearest_city() -> None:
    assert zones.zone_of("NL", None) == ("Europe/Amsterdam", True)
    assert zones.zone_of("US", place("USNYC").coordinates) == ("America/New_York", False)
    assert zones.zone_of("ES", place("ESLPA").coordinates) == ("Atlantic/Canary", False)
    assert zones.zone_of("ES", place("ESALG").coordinates) == ("", False)


def test_a_nearer_city_across_the_border_gives_no_zone() -> None:
    """Seen from Ciudad Juárez, El Paso lies across the river; inside its country, Phoenix is nearest: a guess."""
    assert zones.zone_of("MX", (31.73, -106.48)) == ("America/Ciudad_Juarez", False)
    assert zones.zone_of("US", (31.77, -106.44)) == ("America/Phoenix", False)


# ── Shapes of a release


def read_text(text: str) -> Release:
    release = Release()
    unlocode._read_part(release, "part.csv", text)
    return release


def test_every_odd_row_has_its_outcome(odd: Release) -> None:
    assert (odd.rows, len(odd.places), odd.headings, len(odd.references)) == (22, 20, 1, 2)
    assert odd.bad_coordinates == 4
    assert odd.unreadable == []
    assert odd.places["MUPEY"].name == "Pointe d’Esny"
    assert odd.places["BTCCS"].coordinates == (26.9826, 88.9391)
    assert {"DE9B0", "CHAUS", "NAWVB", "XZSHA", "CAWND"} <= set(odd.places)


def test_zip_folder_and_single_part_give_the_same(tmp_path: Path) -> None:
    archive = tmp_path / "release.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("2022-2 SubdivisionCodes.csv", '"AD","02","Canillo","Parish"\r\n')
        made.writestr("2022-2 UNLOCODE CodeListPart1.csv", ROWS.read_text().encode("windows-1252", "replace"))
        made.writestr("2022-2 UNLOCODE SecretariatNotes.pdf", b"%PDF")
    zipped, folder = unlocode.read(archive), unlocode.read(ROWS.parent)
    assert zipped.places.keys() == folder.places.keys() == real().places.keys()
    assert zipped.unreadable == []
    assert zipped.places["DKCPH"].name == "København"


def test_the_progress_ends_at_the_whole() -> None:
    told: list[tuple[int, int]] = []
    unlocode.read(ROWS, tick=lambda done, of: told.append((done, of)))
    assert told[-1] == (ROWS.stat().st_size,) * 2


def test_a_record_that_is_no_row_is_told_and_hurts_no_other() -> None:
    good = ',"NL","RTM","Rotterdam","Rotterdam","ZH","12345---","AF","0501",,,'
    read = read_text(f'{good}\nshort,row\n,"NL","R*M","Odd","Odd",,"1-------","AF",,,,\n,"N","RTM","X","X",,,,,,,\n')
    assert (read.rows, read.unreadable) == (1, ["part.csv, 2", "part.csv, 3", "part.csv, 4"])


def test_what_holds_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alias.csv").write_text("Country,Name,NameWoDiacritics\nAT,Vienna = Wien,Vienna = Wien\n")
    with pytest.raises(NoRelease):
        unlocode.read(tmp_path)
