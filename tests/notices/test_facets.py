"""By which lane a version goes: what is severe, withdrawn or begins earlier waits for nobody."""

from __future__ import annotations

import pytest

from base.words import Lane
from notices import facets
from tests import make

pytestmark = pytest.mark.django_db


def test_later_row_that_moves_earlier_goes_at_once_too() -> None:
    early, late, between = (make.in_hours(hours) for hours in (10, 20, 12))
    dover = make.place("GBDVR")
    rows = [make.row(starts_at=early), make.row(dover, starts_at=late)]
    first = make.issued(*rows, severity="Moderate")
    same = make.next_version(first.notice, *rows, severity="Moderate")
    sooner = make.next_version(first.notice, rows[0], make.row(dover, starts_at=between), severity="Moderate")
    assert [facets.lane_of(one) for one in (same, sooner)] == [Lane.ROUTINE, Lane.CRITICAL]
