"""The status board of a large administration on a small telephone, and at a desk in each language."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import Place
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMED = "Puerto de Santa María de los Ángeles y San Bartolomé"
SEEN = """rows => rows.map(row => ['th a', '.f-status--tag', '.f-asof time'].map(part => {
    const one = row.querySelector(part), box = one?.getBoundingClientRect();
    return Boolean(box && box.width && box.left >= 0 && box.right <= innerWidth && one.checkVisibility()); }))"""


def test_thousand_places_show_name_word_and_time_at_360_px_without_scrolling_sideways(
    page: Any, live_server: Any
) -> None:
    office = make.place().office
    places = []
    for number in range(999):
        places.append(Place(locode=f"ZZ{number:03d}", country="ZZ", time_zone="Europe/Madrid", office=office))
        places[-1].modes, places[-1].zone_state = ["maritime"], "confirmed"
        places[-1].set_names({"en": f"{NAMED} {number}"})
    Place.objects.bulk_create(places)
    for code in ("ZZ007", "ZZ400"):
        make.issued(make.row(Place.objects.get(locode=code)), title="Gale", next_update_at=make.in_hours(2))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(live_server.url + "/en/places/")
    shown = page.locator(".f-board tbody").evaluate_all(SEEN)
    assert len(shown) == 1_000
    assert all(all(parts) for parts in shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_place_of_long_words_in_every_column_fits_a_desk(page: Any, live_server: Any, language: str) -> None:
    place = make.place("ESVLC")
    place.modes = ["maritime", "road", "rail", "air", "post", "inland_waterway"]
    place.save()
    row = make.row(place, modes=["rail"])
    health = make.organisation("agency", code="plant-and-animal-health")
    make.issued(row, {**row, "modes": ["road"], "agency_id": health.pk}, next_update_at=make.in_hours(1),
                reopens_earliest=make.in_hours(50), reopens_latest=make.in_hours(60))  # fmt: skip
    crisis = make.crisis(place)
    with make.clock_at(make.in_hours(3)):
        for path in ("places/", f"crisis/{crisis.reference}/"):
            page.goto(f"{live_server.url}/{language}/{path}")
            assert page.locator(".f-board .f-sub").count() == 1
            for width in (1088, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


CUT = """() => [...document.querySelectorAll('main .f-status')].filter(one => !one.closest('.f-lanes')).flatMap(one =>
    [...one.childNodes].filter(node => node.nodeType === 3).flatMap(node => [...node.data.matchAll(/\\S+/g)]
        .filter(word => { const range = document.createRange(); range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length); return range.getClientRects().length > 1; })
        .map(word => word[0])))"""


@pytest.mark.parametrize("language", ["fr", "es"])
def test_no_word_of_a_status_is_cut_in_two(page: Any, live_server: Any, language: str) -> None:
    place = make.place("GBDVR")
    make.issued(make.row(place, status="partly_closed"), title="Gale")
    make.issued(make.row(place, status="partly_closed"), title="Fog")
    crisis = make.crisis(place)
    for path in ("", "notices/", "places/", "places/GBDVR/", "map/", f"crisis/{crisis.reference}/"):
        page.goto(f"{live_server.url}/{language}/{path}")
        for width in (1280, 800, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(CUT) == [], (path, width)
