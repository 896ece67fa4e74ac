"""Prepared words: kept by headquarters, offered to officers, never sent with a gap unasked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from base.models import AuditEntry
from notices.models import Template, Version
from portal.demo import notices, people
from tests import make

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


@pytest.fixture
def keeper() -> Client:
    return make.sign_in(Client(), make.user("headquarters"))  # type: ignore[no-any-return]


def typed(**changes: str) -> dict[str, str]:
    return {"kind": "port_downtime", "mode": "maritime", "name": "Gale", "title_en": "Gale at [PLACE]", **changes}


def started(kind: str = "port_downtime") -> tuple[Client, str]:
    client = make.sign_in(Client(), make.user("officer"))
    make.office()
    return client, client.post("/en/desk/new/", {"kind": kind, "office": make.office().pk})["Location"]


def test_headquarters_writes_a_template_and_officers_find_it(keeper: Client) -> None:
    assert keeper.post("/en/desk/templates/new/", typed(title_fr="Coup de vent : [PLACE]")).status_code == 302
    client, edit = started()
    page = text(client.get(edit))
    assert "Gale (Sea)" in page
    page = text(client.post(edit, {"start": str(Template.objects.get().pk)}))
    assert 'value="Gale at [PLACE]"' in page and 'value="Coup de vent : [PLACE]"' in page
    assert not Version.objects.get().texts.exists()


def test_template_of_another_kind_is_not_offered() -> None:
    make.template("Storm")
    client, edit = started("congestion")
    assert "Storm" not in text(client.get(edit))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title_fr": "Coup de vent"}, "The gaps are not those of the official text: [PLACE]."),
        ({"body_es": "Viento en [PLACE]."}, "Write a title in this language as well."),
        ({"title_en": ""}, "field"),
    ],
)
def test_template_with_a_fault_is_asked_back(keeper: Client, changes: dict[str, str], words: str) -> None:
    answer = keeper.post("/en/desk/templates/new/", typed(**changes))
    assert answer.status_code == 422 and words in text(answer)
    assert not Template.objects.exists()


def test_second_template_of_one_name_is_refused(keeper: Client) -> None:
    keeper.post("/en/desk/templates/new/", typed())
    assert "There is a template of this name" in text(keeper.post("/en/desk/templates/new/", typed()))


def test_template_is_changed_and_removed_with_its_trace(keeper: Client) -> None:
    found = make.template("Storm")
    assert "French" not in text(keeper.get("/en/desk/templates/")) and "Français" in text(
        keeper.get("/en/desk/templates/")
    )
    keeper.post(f"/en/desk/templates/{found.pk}/", typed(name="Storm again"))
    assert Template.objects.get().name == "Storm again"
    keeper.post(f"/en/desk/templates/{found.pk}/remove/")
    assert not Template.objects.exists()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"template.save", "template.remove"}


def test_office_starts_from_its_last_notice_without_its_times() -> None:
    make.issued(title="Gale: port shut for cargo", contact="Desk, +34 900 000 000", next_update_at=make.in_hours(3))
    client, edit = started()
    page = text(client.post(edit, {"start": "last"}))
    assert 'value="Gale: port shut for cargo"' in page and 'value="Desk, +34 900 000 000"' in page
    assert 'value="ESALG Algeciras"' in page
    assert 'name="starts_date"' in page and f'value="{make.now():%Y-%m-%d}"' not in page


def test_written_notice_is_offered_nothing_to_start_from() -> None:
    make.template("Storm")
    version = make.written()
    client = make.sign_in(Client(), version.author)
    assert "Start from something" not in text(client.get(f"/en/desk/v/{version.uid}/edit/"))


def test_same_event_written_twice_is_asked_about() -> None:
    first = make.issued(make.row(make.place("ESALG")))
    second = make.written(make.row(make.place("ESALG")), by=first.author)
    page = text(make.sign_in(Client(), first.author).get(f"/en/desk/v/{second.uid}/edit/"))
    assert f"{first.notice.reference} about the same place is in force." in page
    assert f"/en/desk/v/{first.uid}/" in page


def test_templates_of_the_demo_hold_the_same_gaps_in_each_language(keeper: Client) -> None:
    notices.load_templates(people.facts("templates.json"), make.now())
    for one in Template.objects.all():
        words = {f"{part}_{language}": said for language, parts in one.texts.items() for part, said in parts.items()}
        answer = keeper.post(
            f"/en/desk/templates/{one.pk}/", {"kind": one.kind, "mode": one.mode, "name": one.name, **words}
        )
        assert answer.status_code == 302, (one.name, text(answer))
