"""The map: land cut to what is shown, across the antimeridian too; a mark for each place, and each in the list."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client

from contacts.models import Place
from portal.map import outline
from portal.map.outline import Window, window
from tests import make

SUVA, APIA, AUCKLAND = (178.43, -18.13), (-171.76, -13.83), (174.77, -36.85)


def numbers(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?\d+) (-?\d+)", path)]


def test_window_goes_the_shorter_way_around_the_world() -> None:
    shown = window([SUVA, APIA, AUCKLAND])
    assert shown.east - shown.west < 40
    for longitude, latitude in (SUVA, APIA, AUCKLAND):
        x, y = shown.xy(longitude, latitude, 760)
        assert 0 < x < 760 and 0 < y < 760 * shown.ratio


ALG, DVR = (-5.44, 36.13), (1.31, 51.13)


@pytest.mark.parametrize("points", [[ALG], [ALG, DVR], [(0.0, 84.0)], [SUVA, (-70, -33)], []])
def test_map_is_neither_a_ribbon_nor_a_tower(points: list[tuple[float, float]]) -> None:
    shown = window(points)
    assert 0.35 <= shown.ratio <= 0.95
    assert -90 <= shown.south < shown.north <= 90


def test_fiji_lies_whole_on_its_map_and_no_line_runs_across_it() -> None:
    shown = window([SUVA, APIA])
    drawn = outline.path(shown, 760)
    rings = [numbers(ring) for ring in drawn.split("Z") if ring]
    assert len(rings) >= 3
    for ring in rings:
        for x, y in ring:
            assert -1 <= x <= 761 and -1 <= y <= 760 * shown.ratio + 1
        widest = max(abs(a[0] - b[0]) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
        assert widest < 300, "a line across the map"


def test_world_is_drawn_in_few_signs() -> None:
    drawn = outline.path(Window(-180, -58, 180, 78), 760)
    assert len(gzip.compress(drawn.encode())) < 25_000


def test_clipping_keeps_a_square_that_covers_the_window() -> None:
    shown = Window(0, 0, 10, 10)
    inside = outline.clipped([(-5, -5), (15, -5), (15, 15), (-5, 15), (-5, -5)], shown)
    assert set(inside) == {(0, 0), (10, 0), (10, 10), (0, 10)}
    assert outline.clipped([(20, 20), (30, 20), (30, 30), (20, 20)], shown) == []


@pytest.mark.django_db
def test_each_place_has_a_mark_with_its_word_and_stands_in_the_list(client: Client) -> None:
    for code, longitude, latitude in (("ESALG", -5.44, 36.13), ("GBDVR", 1.31, 51.13)):
        Place.objects.filter(pk=make.place(code).pk).update(longitude=longitude, latitude=latitude)
    bare = make.place("FRCQF")
    Place.objects.filter(pk=bare.pk).update(longitude=None, latitude=None)
    make.issued(make.row(make.place("GBDVR")), title="Gale")
    text = client.get("/en/map/").content.decode()
    for mark in ('aria-label="Dover: ', 'aria-label="Algeciras: Open"'):
        assert text.count(mark) == 2, "on the wide drawing and on the narrow one"
    assert "Not on the map" in text and text.count(bare.name) >= 2
    for name in ("Dover", "Algeciras", bare.name):
        assert re.search(rf"scope=\"row\"><a [^>]*>{name}</a>", text), name


@pytest.mark.django_db
def test_map_asks_by_the_words_of_the_board(client: Client) -> None:
    make.place()
    assert client.get("/en/map/?status=bogus").status_code == 400
    assert "No place fits." in client.get("/en/map/?q=nowhere").content.decode()
