"""Whoever keeps people from passing is asked how crews and drivers go on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notices.checklist import points
from notices.models import Version
from tests import make

from .test_editor import editor, posted

pytestmark = pytest.mark.django_db


def said(version: Version) -> str:
    return " ".join(point.words for point in points(version, now=make.now()))


def held(**fields: Any) -> Version:
    """Closed to people, open to cargo."""
    cargo = make.row(status="open", traffic=["cargo"])
    return make.written(make.row(status="closed", traffic=["crew", "other_travellers"]), cargo, **fields)


def test_a_restriction_of_people_asks_for_the_process() -> None:
    assert "Say whether crews and drivers have a process" in said(held())
    assert "Agree on one before they are held" in said(held(crews="none"))
    assert "Crews and drivers have a process" in said(held(crews="exists"))
    assert "rews and drivers" not in said(held(crews="untouched"))


def test_where_cargo_alone_waits_nobody_asks() -> None:
    assert "rews and drivers" not in said(make.written(make.row(status="closed", traffic=["cargo"])))


def test_the_answer_is_typed_kept_and_told_to_approver_and_readers() -> None:
    version = held(title="Health measure")
    client, page = editor(version)
    form = posted(client.get(page)) | {"crews": "exists"}
    assert client.post(page, form).status_code == 302
    version.refresh_from_db()
    assert version.crews == "exists"
    assert "says how they pass" in client.get(page.replace("edit/", "")).content.decode()
    issued = make.issued(crews="exists")
    assert "They may go on" in Client().get(f"/en/n/{issued.notice.reference}/").content.decode()


def test_an_unanswered_question_does_not_hold_a_notice_back() -> None:
    assert all(point.sign != "missing" for point in points(held(), now=make.now()) if "crews" in point.words.lower())
