"""Place by place: the rows of a version in as few lines as can be, and nothing that no row states."""

from __future__ import annotations

import pytest

from notices import by_place
from tests import make

pytestmark = pytest.mark.django_db


def said(*rows: dict[str, object]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    lines = by_place.lines(make.issued(*rows), "en")
    return [
        (", ".join(map(str, line.places)), [(part.status, part.who, part.narrowed) for part in line.parts])
        for line in lines
    ]


def test_places_that_say_the_same_share_a_line_and_a_later_row_wins() -> None:
    crew = {"traffic": ["crew"], "status": "restricted", "qualifier": {"limit": "health_check"}}
    rows = [make.row(make.place(code), **more) for code in ("ESIRU", "FRHEN") for more in ({}, crew)]
    [(places, parts)] = said(*rows)
    assert places == "Irún, Hendaye"
    assert [status for status, _who, _narrowed in parts] == ["closed", "restricted"]
    assert "Crew" not in parts[0][1] and parts[1][1:] == ("Crew and drivers", " (health check)")


def test_what_only_one_traffic_mode_or_direction_is_told_names_it() -> None:
    at = make.place("ESALG")
    [(_places, parts)] = said(make.row(at, modes=["road"], traffic=["cargo"], directions=["import"]))
    assert parts == [("closed", "Road · Cargo · Import", "")]
    [(_places, parts)] = said(make.row(at))
    assert parts == [("closed", "All traffic", "")]


def test_a_system_stands_by_its_own_name() -> None:
    [place, system] = by_place.lines(make.issued(make.row(), make.row(system="Transit")), "fr")
    assert [str(one) for one in system.places] == ["Transit"]
    assert (system.parts[0].word, place.parts[0].word) == ("Indisponible", "Fermé")
