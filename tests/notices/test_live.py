"""While somebody types: the truth line, what is missing and the count, with nothing saved."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from notices import lifecycle
from notices.drafting import as_if, content_of
from notices.models import ImpactRow, Version
from tests import make

pytestmark = pytest.mark.django_db


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "edit_number": "1", "severity": "Severe", "title_en": "Gale", "starts_date": "2027-03-01",
        "starts_time": "19:30", "row-TOTAL_FORMS": "1", "row-INITIAL_FORMS": "0", "row-0-place": "ESALG",
        "row-0-status": "closed", "row-0-traffic": ["essential_travellers", "other_travellers"],
        **changes,
    }  # fmt: skip


@pytest.fixture
def panel() -> Any:
    """Posts what is typed into a new draft and returns the panel as text."""
    make.place("ESALG")
    officer = make.user("officer")
    client = make.sign_in(Client(), officer)
    client.post("/en/desk/new/", {"kind": "port_downtime", "office": make.office().pk})
    version = Version.objects.get()

    def post(**changes: Any) -> str:
        answer = client.post(f"/en/desk/v/{version.uid}/live/", typed(**changes))
        assert answer.status_code == 200
        return answer.content.decode()

    return post


def test_panel_says_what_everyone_will_read_and_saves_nothing(panel: Any) -> None:
    make.member_list(None, "reader@member.invalid")
    page = panel(**{"row-0-traffic": ["cargo"]})
    assert "Gale. Closed to cargo." in " ".join(page.split())
    assert "Fewer than 3 people at once by e-mail" in page and "Cargo is named" in page
    assert not ImpactRow.objects.exists() and Version.objects.get().edit_number == 1


def test_panel_asks_for_cargo_while_only_travellers_are_closed(panel: Any) -> None:
    assert "Say what happens to cargo" in panel()


def test_panel_names_what_was_typed_wrongly_and_is_silent_about_what_is_still_empty(panel: Any) -> None:
    page = panel(ends_date="2027-03-02", ends_time="25:99", starts_date="", starts_time="")
    assert "Write the time like 19:30." in page
    assert "Give the date." not in page and "Say when it starts." in page


def test_panel_lives_with_rows_that_make_no_sense_yet(panel: Any) -> None:
    page = panel(**{"row-0-own_start_date": "2027-03-02", "row-0-own_start_time": "10:00",
                    "row-0-own_end_date": "2027-03-01", "row-0-own_end_time": "10:00"})  # fmt: skip
    assert "The end must be after the start." in page
    assert "where, and open to whom?" in panel(**{"row-0-place": "Nowhere at all"})


def test_refused_form_keeps_the_panel_of_what_was_typed() -> None:
    version = make.written(title="Old title")
    client = make.sign_in(Client(), version.author)
    answer = client.post(f"/en/desk/v/{version.uid}/edit/", typed(title_en="New title", starts_time="25"))
    assert answer.status_code == 422
    assert "New title. Closed to travellers." in " ".join(answer.content.decode().split())


def test_nothing_of_an_imagined_version_stays() -> None:
    version = make.written()
    before = content_of(version)
    with as_if(version, make.draft(make.row(status="open"), title="Imagined")) as imagined:
        assert imagined.texts.get().title == "Imagined"
    assert content_of(Version.objects.get()) == before


def test_rows_are_added_and_removed_without_losing_what_was_typed() -> None:
    version = make.written()
    client = make.sign_in(Client(), version.author)
    edit = f"/en/desk/v/{version.uid}/edit/"
    page = client.post(edit, typed(add="1")).content.decode()
    assert 'value="2" id="id_row-TOTAL_FORMS"' in page and 'value="Gale"' in page
    assert page.count('value="ESALG"') == 2  # most rows of a notice share the place
    page = client.post(edit, typed(remove="0")).content.decode()
    assert 'value="1" id="id_row-TOTAL_FORMS"' in page and 'value="ESALG"' not in page


@pytest.mark.django_db(transaction=True)
def test_panel_that_is_drawn_while_somebody_saves_waits_its_turn() -> None:
    version = make.written()
    begun = threading.Event()

    def save() -> None:
        with transaction.atomic():
            lifecycle.edit(version, by=version.author, edit_number=2, draft=make.draft(title="Saved"), now=make.now())
            begun.set()
            time.sleep(0.5)
        connection.close()

    saving = threading.Thread(target=save)
    saving.start()
    begun.wait(5)
    with as_if(version, make.draft(title="Typed")) as imagined:
        assert imagined.texts.get().title == "Typed"
    saving.join()
    assert version.texts.get().title == "Saved"
