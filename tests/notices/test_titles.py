"""Titles are refused, asked about or accepted as the grammar says, with the rule that speaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from base.words import GOODS, Language
from notices.titles import LONGEST_TITLE, Outcome, Setting, check_title
from notices.truth import Row

from .test_truth import CASES, NAMES, VECTORS, rows_of

PLACES = {locode: tuple(set(names.values())) for locode, names in NAMES.items()}
TYPED = {case["name"]: case["title"] for case in json.loads((CASES / "notices" / "n-10-titles.json").read_text())}
CLOSED = [Row(places=("GBDVR",), status="closed", traffic=tuple(GOODS))]


def setting_of(context: dict[str, Any]) -> Setting:
    return Setting(
        names=PLACES,
        exercise=context.get("exercise", False),
        reopens_in_range=context.get("reopen_range", False),
    )


@pytest.mark.parametrize(
    "case",
    [*VECTORS["titles_refused"], *VECTORS["titles_asked_about"], *VECTORS["titles_accepted"]],
    ids=lambda case: case["title"][:40],
)
def test_title_meets_the_rules_that_the_grammar_names(case: dict[str, Any]) -> None:
    found = check_title(case["title"], case["language"], rows_of(case["rows"]), setting_of(case["context"]))
    assert sorted(finding.code for finding in found) == sorted(case["rules"])
    outcomes = [finding.outcome for finding in found]
    assert (str(outcomes[0]) if outcomes else "accepted") == case["outcome"]
    assert all(finding.message and "%(" not in finding.message for finding in found)


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_its_own_words(language: str) -> None:
    title = {"en": "Port closed", "fr": "Port fermé", "es": "Puerto cerrado"}[language]
    assert [finding.code for finding in check_title(title, language, CLOSED)] == ["H1"]


# AUT-30
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("plain", []),
        ("apostrophe and ampersand", []),
        ("line break in the title", ["H11", "H1", "H4"]),
        ("carriage return and header", ["H11", "H1"]),
        ("vertical tab from a word processor", ["H11", "H1"]),
        ("unfilled template", ["H1", "H3"]),
        ("Arabic", []),
    ],
)
def test_titles_as_officers_typed_them(name: str, codes: list[str]) -> None:
    language = "fr" if name.startswith("apostrophe") else "en"
    found = [finding.code for finding in check_title(TYPED[name], language, CLOSED, Setting(names=PLACES))]
    assert sorted(found) == sorted(codes)


def test_too_long_title_is_refused_with_its_count() -> None:
    [finding] = [f for f in check_title(TYPED["200 characters"], "en", CLOSED) if f.code == "H7"]
    assert finding.outcome == Outcome.REFUSED
    assert str(len(TYPED["200 characters"])) in finding.message and str(LONGEST_TITLE) in finding.message


def test_firm_end_may_stand_in_the_title() -> None:
    title = "Dover closed to cargo until 18:00"
    assert [f.code for f in check_title(title, "en", CLOSED)] == ["H4"]
    assert check_title(title, "en", CLOSED, Setting(names=PLACES, ends_fixed=True)) == []


def test_place_of_the_diversion_advice_may_be_named() -> None:
    title = "Dover closed to cargo, use Folkestone"
    assert [f.code for f in check_title(title, "en", CLOSED, Setting(names=PLACES))] == ["H2"]
    assert check_title(title, "en", CLOSED, Setting(names=PLACES, diversion={"GBFOL"})) == []


def test_closure_that_will_reopen_is_not_called_open() -> None:
    assert "H10" not in [f.code for f in check_title("Dover not yet open after the storm", "en", CLOSED)]
    assert "H10" in [f.code for f in check_title("Douvres rouvert après la tempête", "fr", CLOSED)]
    assert "H10" in [f.code for f in check_title("Dover reabierto tras el temporal", "es", CLOSED)]


@pytest.mark.parametrize(
    ("language", "title", "asked"),
    [
        ("en", "Dover closed to cargo from 18:00", False),
        ("en", "Dover closed to cargo, reopens at 6 am", True),
        ("fr", "Douvres fermé au fret jusqu’à 18 h", True),
        ("fr", "Douvres fermé au fret à 18 h", False),
        ("es", "Dover cerrado a la carga hasta las 18:00", True),
        ("es", "Dover cerrado a la carga desde las 18:00", False),
    ],
)
def test_start_may_stand_in_the_title_and_a_reopening_is_asked_about(language: str, title: str, asked: bool) -> None:
    assert ("H4" in [f.code for f in check_title(title, language, CLOSED)]) is asked
