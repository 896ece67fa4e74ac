"""The editor keeps what stands: own times of a row, places without a code, quick choices, updates and late times."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notices.drafting import content_of
from notices.models import ImpactRow, Version
from notices.presets import PRESETS
from tests import make

pytestmark = pytest.mark.django_db


def posted(page: Any) -> dict[str, Any]:
    """What a browser sends when it submits the editor as it was shown."""
    form, rows = page.context["form"], page.context["rows"]
    fields = [*form, *(field for row in rows for field in row)]
    sent = {field.html_name: field.value() for field in fields if field.value() is not None}
    return {**sent, "row-TOTAL_FORMS": str(len(rows.forms)), "row-INITIAL_FORMS": "0"}


def editor(version: Version) -> tuple[Client, str]:
    return make.sign_in(Client(), version.author), f"/en/desk/v/{version.uid}/edit/"


def test_saving_without_a_change_keeps_everything() -> None:
    first, last = make.in_hours(2).replace(second=0), make.in_hours(9).replace(second=0)
    own = make.row(status="open", starts_at=first, ends_at=last)
    nameless = {**make.row(), "place_id": None, "place_name": "Old bridge", "modes": ["road"]}
    moments = {"starts_at": make.in_hours(1).replace(second=0), "ends_at": make.in_hours(30).replace(second=0)}
    nameless["starts_at"] = moments["starts_at"]
    version = make.written(own, nameless, title="Closed for cargo", **moments)
    client, page = editor(version)
    before = content_of(version)
    shown = client.get(page)
    assert client.post(page, posted(shown)).status_code == 302
    after = content_of(Version.objects.get())
    assert after.texts == before.texts
    assert {name: after.fields[name] for name in moments} == moments
    kept = ("place_id", "place_name", "modes", "directions", "traffic", "status", "starts_at", "ends_at")
    assert [[row[name] for name in kept] for row in after.rows] == [
        [row[name] for name in kept] for row in before.rows
    ]


def test_own_end_of_a_row_before_its_start_is_told_beside_its_field() -> None:
    version = make.written(title="Closed for cargo", starts_at=make.in_hours(1))
    client, page = editor(version)
    sent = posted(client.get(page)) | {"row-0-own_end_date": "2001-01-01", "row-0-own_end_time": "10:00"}
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert "The end must be after the start." in str(answer.context["rows"][0].errors["own_end_date"])


def test_time_is_played_back_in_words() -> None:
    version = make.written(title="Closed for cargo")
    Version.objects.filter(pk=version.pk).update(starts_at="2027-03-01T18:30:00Z")
    client, page = editor(version)
    body = client.get(page).content.decode()
    assert "Mon 1 Mar 2027, 19:30 CET" in body and "18:30 UTC" in body


@pytest.mark.parametrize("key", PRESETS)
def test_quick_choice_fills_rows_and_loses_nothing(key: str) -> None:
    version = make.written(title="Closed for cargo")
    ImpactRow.objects.all().delete()
    client, page = editor(version)
    typed = posted(client.get(page)) | {"title_en": "Typed, not saved", "row-0-place": "ESALG", "preset": key}
    answer = client.post(page, typed)
    assert answer.status_code == 200
    assert "Typed, not saved" in answer.content.decode()
    again = posted(answer)
    assert client.post(page, again).status_code == 302
    rows = [(row.status, row.traffic) for row in ImpactRow.objects.order_by("position")]
    assert rows == [(str(status), [str(one) for one in traffic]) for status, traffic in PRESETS[key][1]]
    assert {row.place.locode for row in ImpactRow.objects.all() if row.place} == {"ESALG"}


@pytest.mark.parametrize("button", [{"preset": "closed-to-all"}, {"add": "1"}])
def test_quick_choice_and_further_row_keep_a_place_by_name_and_a_system(button: dict[str, str]) -> None:
    client, page = editor(make.written())
    named = {"row-0-place": "", "row-0-place_name": "Ferry slip"}
    again = posted(client.post(page, posted(client.get(page)) | named | button))
    assert again["row-1-place_name"] == "Ferry slip"
    system = {"row-0-place_name": "", "row-0-system": "Manifest system", "row-0-traffic": []}
    again = posted(client.post(page, again | system | button))
    assert again["row-0-system"] == "Manifest system"


# AUT-05
def test_correcting_what_is_published_makes_a_version_of_its_own() -> None:
    first = make.issued(title="First for cargo")
    client = make.sign_in(Client(), first.author)
    page = client.post(f"/en/desk/v/{first.uid}/next/update/")["Location"]
    sent = posted(client.get(page)) | {"title_en": "Second for cargo"}
    client.post(page, sent)
    second = Version.objects.get(number=2)
    client.post(f"/en/desk/v/{second.uid}/submit/")
    second.refresh_from_db()
    decide = {"digest": second.digest, "decision": "approve"}
    make.sign_in(Client(), make.user("approver")).post(f"/en/desk/v/{second.uid}/decide/", decide)
    second.refresh_from_db()
    assert (second.state, second.msg_type) == ("issued", "Update")
    reference = first.notice.reference
    old, new = (Client().get(f"/n/{reference}{number}", follow=True).content.decode() for number in ("/1", ""))
    assert "First for cargo" in old
    assert "Second for cargo" in new


# AUT-06
def test_closure_whose_times_are_all_past_is_not_sent_to_an_approver() -> None:
    version = make.written(title="Over for cargo", starts_at=make.in_hours(-40), ends_at=make.in_hours(-20))
    client = make.sign_in(Client(), version.author)
    answer = client.post(f"/en/desk/v/{version.uid}/submit/", follow=True)
    assert "All its times are past." in answer.content.decode()
    assert Version.objects.get().state == "draft"


def test_mail_in_a_language_that_nobody_wrote_is_not_found() -> None:
    version = make.written(title="Closed for cargo")
    client = make.sign_in(Client(), version.author)
    assert client.get(f"/en/desk/v/{version.uid}/mail/xx/").status_code == 404
