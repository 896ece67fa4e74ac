"""Lanes: what each traffic is told, and that nothing is told that no row states."""

from __future__ import annotations

from notices.lanes import lanes
from notices.truth import Row

DOVER = {"GBDVR": ["maritime"]}


def told(*rows: Row) -> dict[str, tuple[str, str]]:
    return {lane.traffic: (lane.status, lane.note) for lane in lanes(rows, DOVER)}


def test_lanes_name_cargo_always_and_others_only_when_stated() -> None:
    found = told(Row(("GBDVR",), "closed", traffic=("other_travellers",)))
    assert found == {"cargo": ("", "Not stated"), "other_travellers": ("closed", "")}


def test_lane_of_one_direction_says_which() -> None:
    found = told(Row(("GBDVR",), "closed", directions=("import",), traffic=("cargo",)))
    assert found["cargo"] == ("closed", "Import")


def test_lane_closed_one_way_and_open_the_other_is_partly_closed() -> None:
    found = told(
        Row(("GBDVR",), "closed", directions=("import",), traffic=("cargo",)),
        Row(("GBDVR",), "open", directions=("export",), traffic=("cargo",)),
    )
    assert found["cargo"] == ("partly_closed", "Import: Closed, Export: Open")


def test_lane_that_differs_by_place_never_claims_one_status_for_all() -> None:
    rows = [Row(("GBDVR",), "closed", traffic=("cargo",)), Row(("FRCQF",), "open", traffic=("cargo",))]
    [cargo] = lanes(rows, {"GBDVR": ["maritime"], "FRCQF": ["maritime"]})
    assert (cargo.status, cargo.note) == ("partly_closed", "It differs: see the line above")
