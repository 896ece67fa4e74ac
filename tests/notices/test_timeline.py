"""The time line: from when to when, in the zone of the place, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from base.words import Language
from notices import lifecycle, render, timeline, truth_of
from notices.cards import card
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db

ONSET = datetime(2027, 6, 12, 16, 0, tzinfo=UTC)
MADRID = "Europe/Madrid"
DAY = timedelta(days=1)


def lines(version: Version, *, at: datetime = ONSET - DAY) -> list[str]:
    return [timeline.time_line(version, str(language), MADRID, at=at) for language in Language]


def version(status: str = "closed", **fields: Any) -> Version:
    return make.written(make.row(status=status, starts_at=ONSET), starts_at=ONSET, **fields)


def test_fixed_start_and_end() -> None:
    assert lines(version(ends_at=ONSET + DAY)) == [
        "From 18:00 CEST (16:00 UTC) on Saturday 12 June to 18:00 CEST (16:00 UTC) on Sunday 13 June.",
        "Entre le samedi 12 juin à 18 h CEST (16 h UTC) et le dimanche 13 juin à 18 h CEST (16 h UTC).",
        "Entre el sábado 12 de junio a las 18:00 CEST (16:00 UTC) "
        "y el domingo 13 de junio a las 18:00 CEST (16:00 UTC).",
    ]


def test_reopening_as_a_range() -> None:
    english, french, spanish = lines(version(reopens_earliest=ONSET + DAY, reopens_latest=ONSET + 2 * DAY))
    assert english.endswith(
        "Expected to reopen between 18:00 CEST (16:00 UTC) on Sunday 13 June "
        "and 18:00 CEST (16:00 UTC) on Monday 14 June."
    )
    assert (
        "Réouverture prévue entre le dimanche 13 juin à 18 h CEST (16 h UTC) "
        "et le lundi 14 juin à 18 h CEST (16 h UTC)." in french
    )
    assert (
        "Reapertura prevista entre el domingo 13 de junio a las 18:00 CEST (16:00 UTC) y el lunes 14 de junio"
        in spanish
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("closed", "Expected to reopen at 18:00 CEST (16:00 UTC)"),
        ("congested", "Normal service expected at 18:00 CEST (16:00 UTC)"),
    ],
)
def test_equal_ends_of_a_range_are_said_once(status: str, words: str) -> None:
    once = version(status, reopens_earliest=ONSET + DAY, reopens_latest=ONSET + DAY)
    assert f"{words} on Sunday 13 June." in lines(once)[0] and "between" not in lines(once)[0]


def test_delays_end_in_normal_service() -> None:
    slowed = version("congested", reopens_earliest=ONSET + DAY, reopens_latest=ONSET + 2 * DAY)
    assert "Normal service expected between" in lines(slowed)[0]
    assert "Retour à la normale prévu entre" in lines(slowed)[1]
    assert "Normalidad prevista entre" in lines(slowed)[2]


def test_unknown_end_promises_the_next_update() -> None:
    english, french, spanish = lines(version(next_update_at=ONSET + DAY))
    assert english.endswith("No end time yet. Next update by 18:00 CEST (16:00 UTC) on Sunday 13 June.")
    assert french.endswith(
        "Fin encore inconnue. Prochaine mise à jour au plus tard le dimanche 13 juin à 18 h CEST (16 h UTC)."
    )
    assert spanish.endswith(
        "Sin hora de fin. Próxima actualización a más tardar el domingo 13 de junio a las 18:00 CEST (16:00 UTC)."
    )


def test_what_has_begun_is_since_and_what_has_not_is_from() -> None:
    closed = version(next_update_at=ONSET + DAY)
    assert lines(closed)[0].startswith("From 18:00 CEST (16:00 UTC) on Saturday 12 June. No end time yet.")
    english, french, spanish = lines(closed, at=ONSET)
    assert english.startswith("Since 18:00 CEST (16:00 UTC) on Saturday 12 June. No end time yet.")
    assert french.startswith("Depuis le samedi 12 juin à 18 h CEST (16 h UTC). Fin encore inconnue.")
    assert spanish.startswith("Desde el sábado 12 de junio a las 18:00 CEST (16:00 UTC). Sin hora de fin.")


def test_frozen_text_speaks_as_of_its_issue_and_the_live_page_as_of_now() -> None:
    planned = make.issued(make.row(starts_at=make.now() + DAY), starts_at=make.now() + DAY)
    later = make.now() + 2 * DAY
    assert (
        "Since" not in render.mail(planned, "en", now=later).text
        and "\nFrom " in render.mail(planned, "en", now=later).text
    )
    assert card(planned, "en", later).time_line.startswith("Since ")


def test_all_clear_says_open_again_and_since_when() -> None:
    first = make.issued(title="Gale, no cargo")
    author = make.user("officer", at=first.notice.office)
    draft = make.draft(make.row(make.place(), status="open", starts_at=ONSET), title="Gale over", starts_at=ONSET)
    second = lifecycle.revise(first.notice, by=author, now=make.now())
    second = lifecycle.edit(second, by=author, edit_number=1, draft=draft, now=make.now())
    assert truth_of.line(second, "en") == "Open again to cargo and travellers."
    assert [clause.text for clause in truth_of.clauses(second, "fr")] == [
        "De nouveau ouvert aux marchandises et aux voyageurs."
    ]
    assert lines(second)[0] == "Since 18:00 CEST (16:00 UTC) on Saturday 12 June."
    assert "Open again to cargo" in render.sms(second, "en")


def test_update_of_what_was_never_closed_is_not_open_again() -> None:
    first = make.issued(make.row(status="open", starts_at=ONSET), title="Advice", starts_at=ONSET)
    author = make.user("officer", at=first.notice.office)
    second = lifecycle.revise(first.notice, by=author, now=make.now())
    assert truth_of.line(second, "en") == "Open to cargo and travellers."


def test_live_page_promises_no_update_that_is_overdue() -> None:
    closed = version(next_update_at=ONSET + DAY)
    assert "Next update" not in lines(closed, at=ONSET + 2 * DAY)[0]
