"""What customs learns before anything is sent: nothing that tells one person from two, however it is asked."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest

from base.words import Severity
from contacts import reach
from contacts.audience import Facets, Row
from contacts.models import Membership, Subscription

from .book import NOW, address, association, member_list, membership, place


def everyone_at(port, **fields):
    return Facets(rows=(Row(port.pk, ("maritime",), ("cargo",)),), severity=Severity.SEVERE, **fields)


def members(code, many, *, language="en", **fields):
    on = member_list(association(code), **fields)
    for number in range(many):
        membership(on, f"{number}@{code}.example", language=language)


@pytest.mark.django_db
def test_preview_rounds_down_and_hides_small_cells_and_the_next_smallest():
    port = place("ESALG")
    members("as-big", 9)
    members("as-small", 2, language="fr")
    members("as-middle", 7, language="es")
    members("as-later", 4, way="on_relay")
    shown = reach.preview(everyone_at(port))
    assert (shown.people, shown.on_relay, shown.is_empty) == (15, 3, False)
    assert shown.by_association == {"as-big": None, "as-small": None, "as-middle": None}
    assert shown.by_language == {"en": None, "fr": None, "es": None}
    assert shown.relay_by_language == {"en": 3}


@pytest.mark.django_db
@pytest.mark.parametrize(("at_once", "later"), [(1, 0), (2, 1), (0, 2)])
def test_one_person_looks_like_two_and_is_not_broken_down(at_once, later):
    port = place("ESALG")
    members("as-one", at_once)
    members("as-two", later, way="on_relay")
    shown = reach.preview(everyone_at(port))
    assert shown == reach.Preview(None if at_once else 0, None if later else 0, {}, {})
    assert not shown.is_empty


@pytest.mark.django_db
def test_nobody_is_told_plainly():
    assert reach.preview(everyone_at(place("ESALG"))) == reach.Preview(0, 0, {}, {})
    assert reach.preview(everyone_at(place("GBDVR"))).is_empty


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, 0), (1, None), (2, None), (3, 3), (4, 3), (5, 5), (9, 5), (10, 10), (44, 40), (45, 45), (1_999, 1_995)],
)
def test_numbers_are_rounded_down(number, told):
    assert reach.coarse(number) == told


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ({}, {}),
        ({"a": 5}, {"a": 5}),
        ({"a": 2}, {"a": None}),
        ({"a": 2, "b": 17, "c": 5}, {"a": None, "b": 15, "c": None}),
        ({"a": 2, "b": 9, "c": 5}, {"a": None, "b": None, "c": None}),
        ({"a": 1, "b": 2, "c": 5}, {"a": None, "b": None, "c": 5}),
    ],
)
def test_masking(cells, shown):
    assert reach.masked(cells) == shown


def test_no_total_gives_a_hidden_cell_away():
    """Every table of up to three languages: what is shown leaves each hidden cell open."""
    for width in (1, 2, 3):
        alike = defaultdict(list)
        for table in product(range(1, 21), repeat=width):
            if sum(table) >= reach.FEWEST:
                cells = reach.masked({str(at): number for at, number in enumerate(table)})
                alike[(reach.coarse(sum(table)), *cells.values())].append(table)
        for (_total, *cells), tables in alike.items():
            for at, cell in enumerate(cells):
                assert cell is not None or len({table[at] for table in tables}) > 1, tables


@pytest.mark.django_db
def test_who_hears_by_digest_is_counted_apart_and_as_coarsely():
    port = place("ESALG")
    members("as-one", 7)
    for number in range(6):
        Subscription.objects.create(
            address=address(f"{number}@as-one.example" if number < 2 else f"{number}@x.example"),
            state="confirmed", created_at=NOW, confirmed_at=NOW, rhythm="daily",
        )  # fmt: skip
    mild = everyone_at(port, urgent=False, at=NOW)
    assert (reach.preview(mild).people, reach.preview(mild).later) == (5, 3)
    assert reach.preview(everyone_at(port)).later == 0
    Membership.objects.all().delete()
    assert (reach.preview(mild).people, reach.preview(mild).is_empty) == (0, False)
