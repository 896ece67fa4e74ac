"""Loading the code list into the address book, again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.models import AuditEntry
from contacts import codelist, unlocode
from contacts.models import Place
from tests import make

from .test_unlocode import ODD, ROWS, odd_csv

pytestmark = pytest.mark.django_db
HEAD = ',"{country}","{location}","{name}","{name}",,"{functions}","AF","0501",,"{where}",'


def load(path: Path = ROWS) -> codelist.Stored:
    return codelist.store(unlocode.read(path), by="test", now=make.now(), tick=lambda done, of: None)


def rows(folder: Path, *facts: dict[str, str]) -> Path:
    path = folder / "release.csv"
    usual = {"functions": "1-------", "where": ""}
    path.write_text("\n".join(HEAD.format(**usual | one) for one in facts))
    return path


ROTTERDAM = {"country": "NL", "location": "RTM", "name": "Rotterdam"}
DELFT = {"country": "NL", "location": "DFT", "name": "Delft"}


def run(capsys: Any, path: Path) -> tuple[int, dict[str, Any], str]:
    code = 0
    try:
        call_command("load_unlocode", str(path), "--json")
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    return code, json.loads(line), err


def test_the_command_answers_in_one_line_and_draws_its_bar_elsewhere(capsys: Any) -> None:
    code, answer, err = run(capsys, ROWS)
    assert (code, answer["error"], answer["seconds"] < 60) == (0, None, True)
    assert {name: answer[name] for name in ("rows", "places", "skipped", "bad_coordinates", "unreadable")} == {
        "rows": 86, "places": 80, "skipped": {"heading": 3, "reference": 7}, "bad_coordinates": 3, "unreadable": 0,
    }  # fmt: skip
    assert sum(answer["zones"].values()) == Place.objects.count() == answer["added"] == 80
    assert "Reading" in err
    assert "100 %" in err


def test_what_cannot_be_read_is_an_error_and_stores_nothing(capsys: Any, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.zip"):
        code, answer, _err = run(capsys, path)
        assert (code, bool(answer["error"]), answer["places"]) == (1, True, None)
    assert not Place.objects.exists()


def test_a_second_load_changes_nothing() -> None:
    assert (load().added, load().added) == (80, 0)
    again = load()
    assert (again.changed, again.gone) == (0, 0)


def test_no_query_is_asked_for_each_row() -> None:
    with CaptureQueriesContext(connection) as asked:
        load()
    assert len(asked) < 20


def test_a_load_is_in_the_audit_trail() -> None:
    load()
    entry = AuditEntry.objects.get(action="places.load")
    assert (entry.actor, entry.facts["added"]) == ("test", 80)


def test_what_an_administrator_changed_stays(tmp_path: Path) -> None:
    load()
    office = make.office()
    place = Place.objects.get(locode="ESALG")
    place.set_names(place.names | {"fr": "Algésiras"})
    place.time_zone, place.zone_state = "Europe/Madrid", Place.ZoneState.CONFIRMED
    place.modes, place.office, place.region = ["maritime", "road"], office, "strait"
    place.save()
    load(rows(tmp_path, {"country": "ES", "location": "ALG", "name": "Algeciras Pt", "functions": "12------"}))
    place.refresh_from_db()
    assert place.names == {"list": "Algeciras Pt", "fr": "Algésiras"}
    assert (place.time_zone, place.zone_state) == ("Europe/Madrid", "confirmed")
    assert (place.modes, place.office, place.region) == (["maritime", "road"], office, "strait")
    assert place.functions == "12------"
    assert [one.locode for one in Place.objects.meant("Algésiras")] == ["ESALG"]


def test_modes_that_nobody_set_follow_the_functions(tmp_path: Path) -> None:
    load(rows(tmp_path, ROTTERDAM))
    load(rows(tmp_path, ROTTERDAM | {"functions": "1-3-----"}))
    assert Place.objects.get().modes == ["maritime", "road"]


def test_an_assumed_zone_follows_better_coordinates(tmp_path: Path) -> None:
    spain = {"country": "ES", "location": "XYZ", "name": "Isla"}
    load(rows(tmp_path, spain))
    assert Place.objects.get().zone_state == "missing"
    load(rows(tmp_path, spain | {"where": "2806N 01525W"}))
    place = Place.objects.get()
    assert (place.time_zone, place.zone_state) == ("Atlantic/Canary", "assumed")


def test_a_place_that_vanishes_is_marked_and_comes_back(tmp_path: Path) -> None:
    load(rows(tmp_path, ROTTERDAM, DELFT))
    assert load(rows(tmp_path, ROTTERDAM)).gone == 1
    assert Place.objects.get(locode="NLDFT").listing == "gone"
    assert load(rows(tmp_path, ROTTERDAM, DELFT)).changed == 1
    assert Place.objects.get(locode="NLDFT").listing == "listed"


def test_a_part_of_the_list_says_nothing_of_other_countries(tmp_path: Path) -> None:
    load()
    assert load(rows(tmp_path, ROTTERDAM)).gone == 0


def test_a_place_that_we_added_is_not_the_lists_to_remove(tmp_path: Path) -> None:
    make.place("ESALG")
    load(rows(tmp_path, {"country": "ES", "location": "CEU", "name": "Ceuta"}))
    assert Place.objects.get(locode="ESALG").listing == "own"


def test_names_with_quotes_and_backslashes_are_stored_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    name = '"A"\\{b},\\N'
    quoted = name.replace('"', '""')
    path.write_text("".join(f',"NL","XXX","{one}","{one}",,"1-------","AF",,,,\n' for one in (quoted, f"{quoted} 2")))
    load(path)
    assert (Place.objects.get().name, Place.objects.get().aliases) == (name, [f"{name} 2"])


# ── Finding


def found(text: str) -> list[str]:
    return [one.locode for one in Place.objects.meant(text)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Norrkoping", ["SENRK"]),
        ("NORRKÖPING", ["SENRK"]),
        ("København", ["DKCPH"]),
        ("kobenhavn", ["DKCPH"]),
        ("Vienna", ["ATVIE"]),
        ("Fredrikshaab", ["GLJFR"]),
        ("Pointe-a-Pitre", ["GPPTP"]),
        ("woluwe bruxelles", ["BESLW"]),
        ("Bruxelles", ["BEBRU", "BESLW"]),
        ("ABZ", ["GBABD"]),
        ("esalg", ["ESALG"]),
        ("ES ALG", ["ESALG"]),
        ("ESALG Algeciras", ["ESALG"]),
        ("Braga", ["BRBRG", "PTBGZ"]),
        ("BRAGA", ["BRAGA"]),
        ("Sch'lcher", []),
        ("--", []),
    ],
)
def test_a_place_is_found_by_code_any_name_and_without_accents(text: str, codes: list[str]) -> None:
    load()
    assert found(text) == codes


def test_a_place_of_our_offices_is_meant_before_its_namesakes() -> None:
    load()
    Place.objects.filter(locode="PTBGZ").update(office=make.office())
    assert found("braga") == ["PTBGZ"]
    assert set(found("Copenhagen")) == {"DKCPH", "USKOG"}


def test_many_names_are_looked_up_at_once_and_a_doubtful_one_is_left_out() -> None:
    load()
    Place.objects.filter(locode="DKCPH").update(office=make.office())
    codes = dict(Place.objects.values_list("pk", "locode"))
    with CaptureQueriesContext(connection) as asked:
        called = Place.objects.called(["Copenhagen", "NLRTM", "NL RTM", "Braga", "Rotter", "", "Wien"])
    assert {name: codes[pk] for name, pk in called.items()} == {
        "Copenhagen": "DKCPH", "NLRTM": "NLRTM", "NL RTM": "NLRTM", "Wien": "ATVIE",
    }  # fmt: skip
    assert len(asked) == 1


def test_a_leaving_code_is_found_by_its_code_and_not_offered_beside_others(tmp_path: Path) -> None:
    load()
    assert found("SADHU") == ["SADHU"]
    assert found("Port of NEOM") == ["SADHU"]
    assert found("Neom") == ["SANEO"]


def test_every_odd_row_has_its_outcome_in_the_address_book(tmp_path: Path) -> None:
    path = tmp_path / ODD.name
    path.write_bytes(odd_csv())
    load(path)
    get = Place.objects.get
    assert [get(locode=code).latitude for code in ("UAMIR", "ALSHZ", "GBWSG", "SASAL", "GBDVR")] == [None] * 5
    assert get(locode="FIHEL").aliases == ["Helsingfors (Helsinki)"]
    assert (get(locode="SADHU").listing, get(locode="DEBR2").follower) == ("leaving", "DEBNY")
    assert get(locode="CAWND").where == "CA-ON"
    assert (get(locode="LUSKK").modes, get(locode="NAWVB").country) == ([], "NA")
    assert found("Au") == found("CHAUS") == ["CHAUS"]


def test_search_uses_its_index_for_code_and_words() -> None:
    load()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Place.objects.nearest("Norrkoping").explain()
    assert "place_words" in plan
    assert "BitmapOr" in plan
