"""The one door to published notices asks the newest version, row by row, and refuses what it does not know."""

from __future__ import annotations

import pytest

from notices.filters import NoticeFilter
from notices.models import Notice
from tests import make

pytestmark = pytest.mark.django_db


def found(**asked: str) -> list[str]:
    asked_for = NoticeFilter(asked, Notice.objects.in_force(make.now()), now=make.now())
    assert asked_for.is_valid(), asked_for.errors
    return [notice.versions.get(state="issued").texts.get().title for notice in asked_for.qs]


MOVED = {"place": "ESALG", "q": "Gale", "mode": "maritime", "severity": "Extreme"}


@pytest.mark.parametrize("asked", MOVED, ids=str)
def test_what_a_replaced_version_said_is_not_found(asked: str) -> None:
    valencia = make.place("ESVLC")
    first = make.issued(make.row(modes=["maritime"]), title="Gale", severity="Extreme")
    make.next_version(first.notice, make.row(valencia, modes=["rail"]), title="Queue", severity="Minor")
    assert found(**{asked: MOVED[asked]}) == []
    now_said = {"place": "esvlc", "q": "queue", "mode": "rail", "severity": "Minor"}
    assert found(**{asked: now_said[asked]}) == ["Queue"]
    assert found(q="Algeciras") == [] and found(q="Valencia") == ["Queue"]


def test_place_and_mode_are_asked_of_one_row() -> None:
    """Sea closed here and rail closed there is not rail closed here."""
    here, there = make.place("ESALG"), make.place("ESVLC")
    make.issued(make.row(here, modes=["maritime"]), make.row(there, modes=["rail"]), title="Gale")
    assert found(place="ESALG", mode="rail") == []
    assert found(place="ESALG", mode="maritime") == found(place="ESVLC", mode="rail") == ["Gale"]


def test_place_without_a_code_is_found_by_its_name() -> None:
    make.issued(make.row(place_id=None, place_name="Old quarry road"), title="Landslide")
    assert found(q="quarry") == ["Landslide"]


def test_notice_is_found_by_its_number_and_kind() -> None:
    version = make.issued(title="Gale")
    assert found(q=version.notice.reference.lower()) == found(kind="port_downtime") == ["Gale"]
    assert found(kind="border_closure") == []


UNKNOWN = {
    "severity": "bogus", "mode": "sea", "kind": "zzz", "place": "Dover port", "q": "a\x00", "state": "gone",
    "since": "1/2/26", "until": "soon", "language": "xx",
}  # fmt: skip


def test_unknown_value_is_an_error_and_never_everything() -> None:
    make.issued()
    for name, value in UNKNOWN.items():
        asked_for = NoticeFilter({name: value}, Notice.objects.in_force(make.now()), now=make.now())
        assert list(asked_for.errors) == [name]
        assert not asked_for.qs.exists(), name
