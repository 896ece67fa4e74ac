"""Every kind of notice can be written, sent and read; diversion advice stands wherever the notice does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notices import render
from notices.kinds import KINDS
from notices.models import Version
from notices.presets import PRESETS
from tests import make

pytestmark = pytest.mark.django_db


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "edit_number": "1", "severity": "Minor", "title_en": "Work on the quay", "starts_date": "2027-03-01",
        "starts_time": "19:30", "row-TOTAL_FORMS": "1", "row-INITIAL_FORMS": "0", "row-0-place": "ESALG",
        "row-0-status": "open", "row-0-traffic": ["cargo"], **changes,
    }  # fmt: skip


def test_kinds_number_their_notices_apart() -> None:
    assert len(KINDS) == 8
    assert len({kind.series for kind in KINDS.values()}) == 8


@pytest.mark.parametrize("kind", KINDS)
def test_kind_goes_from_its_first_quick_choice_to_the_public(kind: str) -> None:
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    officer, approver = make.user("officer"), make.user("approver")
    client = make.sign_in(Client(), officer)
    edit = client.post("/en/desk/new/", {"kind": kind, "office": make.office().pk})["Location"]
    page = client.get(edit).content.decode()
    assert f'value="{KINDS[kind].default_status}" selected' in page
    for preset in KINDS[kind].presets:
        assert str(PRESETS[preset][0]) in page
    version = Version.objects.get()
    answer = client.post(edit, typed(diversion="hold"))
    assert answer.status_code == 302, answer.content.decode()
    client.post(f"/en/desk/v/{version.uid}/submit/")
    version.refresh_from_db()
    make.sign_in(Client(), approver).post(
        f"/en/desk/v/{version.uid}/decide/", {"digest": version.digest, "decision": "approve"}
    )
    version.notice.refresh_from_db()
    assert str(version.notice.reference).startswith(KINDS[kind].series + "-")
    public = Client().get(f"/en/n/{version.notice.reference}/").content.decode()
    assert str(KINDS[kind].name) in public and "Hold: send nothing more to the place for now." in public


def test_diversion_names_its_places_in_the_readers_language() -> None:
    make.place("ESVLC")
    version = make.written(diversion={"choice": "divert", "to": [{"place": "ESVLC"}, {"place": "XXXXX"}]})
    version.texts.create(language="fr", title="Tempête")
    assert "Divert to Valencia ESVLC, XXXXX." in render.mail(version, "en", now=make.now()).text
    assert "Dérouter vers Valence (Espagne) ESVLC, XXXXX." in render.mail(version, "fr", now=make.now()).text


@pytest.mark.parametrize(
    ("advice", "words"),
    [
        ({"diversion": "divert"}, "Name at least one place to divert to."),
        ({"diversion": "hold", "divert_to": "ESVLC"}, "Places are named."),
        ({"diversion": "divert", "divert_to": "ESVLC, Nowhere"}, "No place fits."),
    ],
)
def test_half_a_diversion_is_asked_back(advice: dict[str, str], words: str) -> None:
    make.place("ESVLC")
    version = make.written()
    answer = make.sign_in(Client(), version.author).post(
        f"/en/desk/v/{version.uid}/edit/", typed(edit_number="2", **advice)
    )
    assert answer.status_code == 422 and words in answer.content.decode()
    assert 'value="Work on the quay"' in answer.content.decode()
