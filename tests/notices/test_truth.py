"""The truth line says what the rows say, in the words of the grammar, in three languages."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from notices.truth import Row, truth_line
from notices.truth.cells import Qualifier

CASES = Path(__file__).parent.parent / "cases"
VECTORS = json.loads((CASES / "truth-line.json").read_text())
NAMES = {
    row["locode"]: {language: row[f"name_{language}"] for language in ("en", "fr", "es")}
    for row in csv.DictReader((CASES.parent / "data" / "places.csv").open())
}


def wild(value: Any) -> tuple[str, ...]:
    return () if value == "*" else tuple(value)


def rows_of(facts: list[dict[str, Any]]) -> list[Row]:
    return [
        Row(
            places=tuple(row["places"]),
            modes=wild(row["modes"]),
            directions=wild(row["directions"]),
            traffic=wild(row["traffic"]),
            status=row["status"],
            qualifier=Qualifier(
                limit=row.get("limit") or "",
                value=tuple((row.get("value") or {}).items()),
                hours=row.get("hours") or "",
                days=row.get("days") or "",
            ),
        )
        for row in facts
    ]


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("example", VECTORS["examples"], ids=lambda e: f"{e['n']}-{e['shows']}")
def test_line_is_the_one_of_the_grammar(example: dict[str, Any], language: str) -> None:
    line = truth_line(
        rows_of(example["rows"]),
        language,
        place_names={locode: names[language] for locode, names in NAMES.items()},
        place_modes=example["place_modes"],
        **example["flags"],
    )
    assert line == example["truth_line"][language]


DEMO = json.loads((CASES / "demo-truth-lines.json").read_text())
MODES = {
    row["locode"]: row["modes"].split(";") for row in csv.DictReader((CASES.parent / "data" / "places.csv").open())
}


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("version", DEMO, ids=lambda v: v["id"])
def test_line_of_a_demo_version(version: dict[str, Any], language: str) -> None:
    line = truth_line(
        rows_of(version["rows"]),
        language,
        place_names={locode: names[language] for locode, names in NAMES.items()},
        place_modes=MODES,
        **version["flags"],
    )
    assert line == version["truth_line"][language]


def test_place_by_name_without_modes_is_spoken_of() -> None:
    rows = [Row(("Dry port of the north",), "closed", traffic=("cargo",))]
    assert truth_line(rows, "en", place_names={}, place_modes={}) == "Closed to cargo."


def test_every_label_names_its_place_where_places_differ() -> None:
    rows = [
        Row(("FRCQF",), "closed", modes=("rail",), traffic=("cargo",)),
        Row(("FRCQF",), "open", modes=("road",), traffic=("cargo",)),
        Row(("GBDVR",), "open", traffic=("cargo",)),
    ]
    line = truth_line(
        rows, "en", place_names={"FRCQF": "Calais", "GBDVR": "Dover"},
        place_modes={"FRCQF": ["road", "rail"], "GBDVR": ["maritime"]},
    )  # fmt: skip
    assert line == "Calais, rail: closed to cargo. Calais, road: open to cargo. Dover: open to cargo."
