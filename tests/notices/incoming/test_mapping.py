"""A draft made from outside says no more than the message did."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from notices.incoming import cap, feeds, mapping
from notices.incoming.found import Area, Found
from tests import make

from .test_reading import FROM, case

pytestmark = pytest.mark.django_db
AT = datetime(2027, 2, 10, 12, tzinfo=UTC)


def draft(found: Found, **options: Any) -> Any:
    where = mapping.spots(found)
    return mapping.draft(found, where, zone="Europe/Madrid", ends=options.get("ends", False), now=AT)


def at_algeciras(name: str = "cap-01", **words: str) -> Found:
    document = case(name).replace(b"GBDVR", b"ESALG")
    for old, new in words.items():
        document = re.sub(rb"<%b>.*?</%b>" % (old.encode(), old.encode()), f"<{old}>{new}</{old}>".encode(), document)
    return cap.read(document, "")


def test_cap_message_becomes_texts_levels_and_start() -> None:
    made = draft(at_algeciras())
    assert (made.fields["severity"], made.fields["urgency"]) == ("Moderate", "Future")
    assert made.fields["certainty"] == "Observed"
    assert made.fields["starts_at"] == datetime(2027, 2, 13, 22, tzinfo=UTC)
    assert made.texts["en"]["title"] == "Import declarations at Dover unavailable Saturday night"


def test_how_long_a_message_holds_becomes_the_end_only_if_somebody_says_so() -> None:
    found = at_algeciras()
    assert draft(found).fields["ends_at"] is None
    assert draft(found, ends=True).fields["ends_at"] == datetime(2027, 2, 14, 4, tzinfo=UTC)


def test_place_is_told_by_its_code_and_stands_as_unknown_for_everybody() -> None:
    place = make.place("ESALG")
    (row,) = draft(at_algeciras()).rows
    assert (row["place_id"], row["status"], row["modes"]) == (place.pk, "unknown", place.modes)
    assert row["time_zone"] == "Europe/Madrid" and row["starts_local"] == "2027-02-13T23:00"


def test_place_without_a_code_is_told_by_the_whole_name_of_one_of_ours() -> None:
    place = make.place("ESALG")
    found = Found("a", "Storm", areas=(Area("Algeciras"), Area("Strait of Nowhere")))
    assert [(spot.name, spot.place) for spot in mapping.spots(found)] == [
        ("Algeciras", place), ("Strait of Nowhere", None),
    ]  # fmt: skip
    assert [row["place_name"] for row in draft(found).rows] == ["", "Strait of Nowhere"]


def test_text_in_a_language_that_is_not_ours_stands_where_the_official_one_belongs() -> None:
    found = Found("a", "Burza", texts={"pl": {"title": "Burza", "body": "", "instruction": ""}})
    assert mapping.texts(found)["en"]["title"] == "Burza"
    assert mapping.foreign_languages(found) == ["pl"]


def test_links_and_lengths_of_others_do_not_become_ours() -> None:
    words = {"title": "x" * 300, "body": "[Pay here](https://bad.example/) " + "y" * 9_000, "instruction": ""}
    kept = mapping.texts(Found("a", "x", texts={"en-GB": words}))["en"]
    assert len(kept["title"]) == 120 and kept["title"].endswith("…")
    assert len(kept["body"]) == 4_000 and "](" not in kept["body"]


def test_kind_is_proposed_from_place_and_category() -> None:
    make.place("ESALG")
    closed = at_algeciras(headline="Port closed", event="Closure")
    assert mapping.kind_of(closed, mapping.spots(closed)) == "port_downtime"
    infra = at_algeciras(headline="Down", category="Infra")
    assert mapping.kind_of(infra, mapping.spots(infra)) == "system_outage"
    entry = feeds.entries(case("f-01", "feeds"), FROM)[0].found
    assert mapping.kind_of(entry, []) == "advisory"


def test_crossing_of_roads_proposes_a_border_closure() -> None:
    place = make.place("ESALG")
    place.modes = ["road"]
    place.save()
    found = at_algeciras(headline="Closed")
    assert mapping.kind_of(found, mapping.spots(found)) == "border_closure"


def test_news_entry_leaves_start_and_places_to_the_officer() -> None:
    made = draft(feeds.entries(case("f-01", "feeds"), FROM)[1].found)
    assert made.rows == [] and made.fields["starts_at"] is None
    assert made.texts["en"]["title"] == "Dorohusk closed for lorries"
