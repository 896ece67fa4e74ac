"""Short texts: encoding and parts as phones count them, and never a word on cargo lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.short import Encoding, measure
from base.words import GOODS, Language
from notices.sms import Facts, short_text
from notices.truth import Row, truth_line
from notices.truth.cells import Qualifier

from .test_truth import CASES, NAMES, VECTORS, rows_of

TEXTS = json.loads((CASES / "sms" / "s-01-texts.json").read_text())


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["name"])
def test_encoding_units_and_parts_are_those_of_the_network(case: dict[str, Any]) -> None:
    """DEL-38"""
    found = measure(case["text"])
    assert (str(found.encoding), found.units, found.parts) == (case["encoding"], case["units"], case["parts"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^{}\\[~]|€", ("GSM-7", 18, 1)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 81, ("GSM-7", 162, 2)),
        ("x" * 152 + "€" + "x" * 152, ("GSM-7", 306, 3)),  # 153 would hold half a sign
        ("a\r\nb", ("GSM-7", 4, 1)),
        ("Ç¿ÑΩ", ("GSM-7", 4, 1)),
        ("ç", ("UCS-2", 1, 1)),
        ("Ω and Α", ("UCS-2", 7, 1)),  # a Greek alpha that looks like ours
        ("“x”", ("UCS-2", 3, 1)),
        ("18\u202f000 kg", ("UCS-2", 9, 1)),
        ("e\u0301", ("UCS-2", 2, 1)),
        ("👨‍👩‍👧", ("UCS-2", 8, 1)),
        ("🇪🇸" * 17 + "ab", ("UCS-2", 70, 1)),
        ("🇪🇸" * 18, ("UCS-2", 72, 2)),
        ("x" * 66 + "🚛" + "x" * 66, ("UCS-2", 134, 3)),  # 67 would hold half a lorry
        ("ж" * 134, ("UCS-2", 134, 2)),
        ("ж" * 135, ("UCS-2", 135, 3)),
    ],
)
def test_odd_signs_are_counted_as_the_network_does(text: str, expected: tuple[str, int, int]) -> None:
    found = measure(text)
    assert (str(found.encoding), found.units, found.parts) == expected


def test_sign_that_doubles_the_parts_is_named() -> None:
    assert measure("jusqu’à 18 h, contrôle").culprits == ("’", "ô")


def test_escaped_sign_is_not_split_between_two_parts() -> None:
    assert measure("x" * 152 + "€" + "x" * 152).parts == 3
    assert measure("x" * 66 + "🚛" + "x" * 66).parts == 3


@given(st.text())
def test_parts_hold_every_unit(text: str) -> None:
    found = measure(text)
    room = 153 if found.encoding == Encoding.GSM7 else 67
    assert found.units <= max(found.parts * room, 160 if found.encoding == Encoding.GSM7 else 70)


def facts(*rows: Row, **changes: Any) -> Facts:
    return replace(
        Facts(
            reference="BC-2027-0412",
            title="Health measure at the crossings of the Channel, on both sides, until the incidence has fallen",
            url="https://portal.example/n/BC-2027-0412/3",
            rows=rows,
            language="en",
            place_names={locode: names["en"] for locode, names in NAMES.items()},
            place_modes={"GBDVR": ["maritime", "road"], "GBFOL": ["maritime", "road"], "FRCQF": ["maritime", "road"]},
        ),
        **changes,
    )


CLOSED = Row(("GBDVR", "FRCQF"), "closed", traffic=("other_travellers", "essential_travellers"))
CARGO = Row(("GBDVR", "FRCQF"), "restricted", traffic=tuple(GOODS), qualifier=Qualifier(limit="health_check"))
ELSEWHERE = Row(("GBFOL",), "open", traffic=(*GOODS, "other_travellers", "essential_travellers"))


def test_headline_stands_whole_where_it_fits() -> None:
    assert short_text(facts(CARGO, CLOSED), parts=2) == (
        "BC-2027-0412 Health measure at the crossings of the Channel, on both sides, until the incidence has fallen. "
        "Closed to travellers. Open to cargo, with limits (health check). https://portal.example/n/BC-2027-0412/3"
    )


def test_title_goes_first_and_the_places_are_named_instead() -> None:
    assert short_text(facts(CARGO, CLOSED), parts=1) == (
        "BC-2027-0412 Dover and Calais: closed to travellers. Open to cargo, with limits (health check). "
        "https://portal.example/n/BC-2027-0412/3"
    )


def test_places_of_others_go_before_brackets() -> None:
    here = facts(CARGO, CLOSED, ELSEWHERE, reference="BC-2027-0412", home=frozenset({"GBDVR"}))
    assert short_text(here, parts=1) == (
        "BC-2027-0412 Dover: closed to travellers. Open to cargo, with limits (health check). "
        "https://portal.example/n/BC-2027-0412/3"
    )


def test_brackets_go_before_what_is_open_to_travellers() -> None:
    passing = replace(CLOSED, status="open")
    text = short_text(facts(CARGO, passing, reference="BC-2027-0412" + "x" * 42), parts=1)
    assert "health check" not in text and "Open to travellers" in text
    text = short_text(facts(CARGO, passing, reference="BC-2027-0412" + "x" * 60), parts=1)
    assert "travellers" not in text and "open to cargo, with limits" in text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("example", VECTORS["examples"], ids=lambda e: e["n"])
def test_no_clause_on_cargo_is_ever_lost(example: dict[str, Any], language: str) -> None:
    made = facts(
        *rows_of(example["rows"]),
        language=str(language),
        place_modes=example["place_modes"],
        place_names={locode: names[language] for locode, names in NAMES.items()},
        **example["flags"],
    )
    word = {
        "en": ("cargo", "goods", "perishables", "empties"),
        "fr": ("march", "biens", "denr", "vides"),
        "es": ("merc", "bienes", "perec", "vac"),
    }
    bare = [replace(row, qualifier=replace(row.qualifier, limit="", value=())) for row in made.rows]
    line = truth_line(bare, language, place_names=made.place_names, place_modes=made.place_modes, **example["flags"])
    least = short_text(made, parts=0)
    assert [least.count(form) for form in word[language]] == [line.count(form) for form in word[language]]
    assert (example["flags"].get("exercise", False)) == any(mark in least for mark in ("EXERCI", "SIMULACRO"))
