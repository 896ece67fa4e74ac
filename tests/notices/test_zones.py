"""A place enters a notice with a time zone that somebody has looked at."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from base.models import AuditEntry
from contacts import places
from contacts.models import Place
from notices import lifecycle, rules
from tests import make

from .test_live import typed

pytestmark = pytest.mark.django_db


def unsure(zone: str = "Europe/Madrid") -> Place:
    place = make.place("ESALG")
    place.time_zone = zone
    place.zone_state = Place.ZoneState.ASSUMED if zone else Place.ZoneState.MISSING
    place.save()
    return place


def saved(version: Any, **fields: str) -> tuple[int, str]:
    answer = make.sign_in(Client(), version.author).post(f"/en/desk/v/{version.uid}/edit/", typed(**fields))
    return answer.status_code, answer.content.decode()


def test_an_assumed_zone_is_asked_about_beside_its_place_and_nothing_typed_is_lost() -> None:
    version = make.written()
    unsure()
    status, page = saved(version, title_en="Storm over the bay", edit_number="2")
    assert status == 422 and "taken from the nearest city" in page
    assert '<option value="Europe/Madrid">Europe/Madrid, where it is ' in page and "Atlantic/Canary" in page
    assert 'value="Storm over the bay"' in page


def test_a_zone_that_was_looked_at_is_the_places_from_then_on() -> None:
    version = make.written()
    place = unsure()
    answered = {"row-0-zone": "Africa/Ceuta", "row-0-zone_asked": "ESALG", "edit_number": "2"}
    status, _page = saved(version, **answered)
    assert status == 302
    place.refresh_from_db()
    assert (place.time_zone, place.zone_state) == ("Africa/Ceuta", Place.ZoneState.CONFIRMED)
    assert version.rows.get().time_zone == "Africa/Ceuta"
    entry = AuditEntry.objects.get(action="place.zone.confirm")
    assert entry.facts == {"zone": "Africa/Ceuta", "assumed": "Europe/Madrid"}
    assert entry.actor == str(version.author.pk)
    assert saved(version, edit_number="3")[0] == 302  # and nobody is asked again


def test_where_the_zone_is_missing_none_is_chosen_for_the_officer() -> None:
    version = make.written()
    unsure("")
    status, page = saved(version, edit_number="2")
    assert status == 422 and "The code list does not say it" in page and '<option value="" selected>' in page


def test_a_zone_that_was_looked_at_for_one_place_is_not_taken_for_the_next() -> None:
    version = make.written()
    place = unsure()
    status, page = saved(version, **{"row-0-zone": "Africa/Ceuta", "row-0-zone_asked": "ESVLC", "edit_number": "2"})
    assert status == 422 and 'name="row-0-zone_asked" value="ESALG"' in page
    place.refresh_from_db()
    assert not place.zone_is_sure


def test_a_zone_of_another_country_is_refused() -> None:
    version = make.written()
    place = unsure()
    assert saved(version, **{"row-0-zone": "Asia/Tokyo", "row-0-zone_asked": "ESALG", "edit_number": "2"})[0] == 422
    with pytest.raises(places.NotItsZone):
        places.confirm_zone(place, zone="Asia/Tokyo", by=version.author, now=make.now())


def test_a_notice_is_not_submitted_while_the_zone_of_a_place_is_in_doubt() -> None:
    version = make.written()
    place = unsure()
    with pytest.raises(rules.Incomplete, match="time zone of Algeciras"):
        lifecycle.submit(version, by=version.author, now=make.now())
    assert places.confirm_zone(place, zone="Europe/Madrid", by=version.author, now=make.now())
    assert not places.confirm_zone(place, zone="Africa/Ceuta", by=version.author, now=make.now())
    make.member_list(None, "reader@member.invalid")
    lifecycle.submit(version, by=version.author, now=make.now())
