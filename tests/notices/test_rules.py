"""What keeps a version from being submitted: gaps, times that cannot be, rows that say nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from base.errors import Refused
from contacts import audience
from notices import render, rules, titles_of, truth_of
from notices.facets import facets_of
from notices.models import ImpactRow
from tests import make

pytestmark = pytest.mark.django_db
FIVE_YEARS = timedelta(days=5 * 366 + 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"next_update_at": make.in_hours(-1)}, "The next update is promised for a time that is past."),
        ({"reopens_earliest": make.in_hours(-5), "reopens_latest": make.in_hours(5)}, "It cannot reopen before"),
        ({"ends_at": make.now() + FIVE_YEARS}, "Check the year."),
    ],
)
def test_times_that_cannot_be_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        rules.check(make.written(**fields), now=make.now())


def test_row_after_the_end_of_its_notice_is_refused() -> None:
    late = make.row(make.place("ESVLC"), starts_at=make.in_hours(30))
    with pytest.raises(Refused, match="after the end of the notice"):
        rules.check(make.written(make.row(), late, ends_at=make.in_hours(20)), now=make.now())


def test_row_with_times_of_its_own_says_so_in_mail_and_page() -> None:
    make.member_list(None, "reader@member.invalid")
    late = make.row(make.place("ESVLC"), starts_at=make.in_hours(48))
    version = make.issued(make.row(), late, title="Strike at two ports")
    mail = render.mail(version, "en", now=make.now()).text
    assert "Valencia: Closed to cargo and travellers. From " in mail
    page = Client().get(f"/en/n/{version.notice.reference}/").content.decode()
    assert "Other times" in page and "<strong>Valencia</strong>: Closed to cargo and travellers." in page


def test_mode_that_the_place_lacks_is_spoken_of_all_the_same() -> None:
    version = make.written(make.row(status="closed", modes=["air"]))
    assert truth_of.line(version, "en") == "Air: closed to cargo and travellers."


def test_place_without_a_code_reaches_whoever_follows_the_office() -> None:
    here, elsewhere = make.place("ESALG"), make.place("ESVLC", at=make.office("of-vlc"))
    make.member_list(None, "near@member.invalid", places=[here.pk])
    make.member_list(None, "far@member.invalid", places=[elsewhere.pk])
    version = make.written(make.row(place_id=None, place_name="Nowhere gate"))
    assert audience.count(audience.Facets.from_json(facets_of(version))) == 1


def test_row_without_a_status_is_refused_by_form_and_database() -> None:
    version = make.written()
    client = make.sign_in(Client(), version.author)
    typed = {
        "edit_number": "2", "severity": "Severe", "title_en": "Gale", "starts_date": "2027-03-01",
        "starts_time": "19:30", "row-TOTAL_FORMS": "1", "row-INITIAL_FORMS": "0", "row-0-place": "ESALG",
        "row-0-traffic": ["cargo"],
    }  # fmt: skip
    answer = client.post(f"/en/desk/v/{version.uid}/edit/", typed)
    assert answer.status_code == 422 and "Choose what it is" in answer.content.decode()
    with pytest.raises(IntegrityError, match="impact_status_is_known"):
        ImpactRow.objects.filter(version=version).update(status="")


# AUT-30
def test_placeholder_left_in_any_text_is_asked_about() -> None:
    version = make.written()
    version.texts.update(body="Call [NAME] before XX:XX.")
    (finding,) = titles_of.findings(version)["en"]
    assert (finding.code, finding.outcome, finding.words) == ("P1", "asked", "[NAME]")


def test_approver_sees_every_language_and_every_fact_that_is_approved() -> None:
    version = make.written(cause="Winds", contact="Desk, +34 900 000 000", next_update_at=make.in_hours(6))
    version.texts.create(language="fr", title="Coup de vent", body="Rafales.")
    make.member_list(None, "reader@member.invalid")
    client = make.sign_in(Client(), version.author)
    client.post(f"/en/desk/v/{version.uid}/submit/")
    approver = make.sign_in(Client(), make.user("approver"))
    page = approver.get(f"/en/desk/v/{version.uid}/decide/").content.decode()
    for seen in ("Coup de vent. Fermé", "Rafales.", "Winds", "+34 900 000 000", "Next update by", "Storm. Closed"):
        assert seen in page


def test_typed_mark_does_not_become_a_readers_link() -> None:
    version = make.written()
    version.texts.update(body="Click [[fairway:leave]] now.")
    assert "Click [[fairway:leave]]" not in render.mail(version, "en", now=make.now()).text


def test_hidden_directions_cannot_turn_what_follows() -> None:
    from_hebrew = "Gale\u2067 in the strait"
    assert make.written(title=from_hebrew).texts.get().title == "Gale in the strait"
