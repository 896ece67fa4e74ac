"""Every kind of case: what it asks for, what it promises, what officer and sender read."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from dialogue.cases import kinds
from dialogue.cases.forms import AskForm
from dialogue.cases.kinds import KINDS, Kind
from dialogue.cases.models import Case

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
FIELDS = {
    "company": "Kestrel Freight",
    "subject": "Second driver",
    "message": "They say so.",
    "email": "dispatch@kestrel-freight.example",
}


def fields_for(kind: Kind) -> dict[str, str]:
    """What the kind asks for, and nothing more."""
    asked = {**FIELDS, "kind": kind.key}
    if kind.about_missing:
        asked["about"] = "Dover"
    if kind.detail:
        asked[f"detail_{kind.key}"] = "On the quay"
    return asked


def send(client: Any, fields: dict[str, str], step: str = "send") -> Any:
    return client.post("/en/ask/", {**fields, "step": step}, follow=True)


@EVERY
def test_each_kind_is_checked_sent_and_kept_with_what_it_asked_for(client: Any, kind: Kind) -> None:
    checked = send(client, fields_for(kind), step="check").content.decode()
    assert str(kind.name) in checked and f"within {kinds.spoken(kind.answer_within)} of" in checked
    assert ("On the quay" in checked) is bool(kind.detail)
    assert send(client, fields_for(kind)).status_code == 200
    case = Case.objects.get()
    assert (case.kind, case.detail) == (kind.key, "On the quay" if kind.detail else "")


@EVERY
def test_each_kind_names_what_is_missing_in_its_own_words(client: Any, kind: Kind) -> None:
    page = client.post("/en/ask/", {"kind": kind.key, "step": "check"})
    text = page.content.decode()
    missing = {"id_message": kind.missing, "id_about": kind.about_missing}
    if kind.detail:
        missing[f"id_detail_{kind.key}"] = kind.detail.missing
    summary = text[text.index('class="f-errors"') : text.index("</ul></div>")]
    for control, words in missing.items():
        assert (f'href="#{control}"' in summary and str(words) in summary) if words else (control not in summary)
    assert page.status_code == 422 and str(kind.words) in text


def test_detail_of_another_kind_is_not_asked_for_and_not_kept(client: Any) -> None:
    send(client, {**FIELDS, "kind": "question", "detail_rumour_check": "In a chat group"})
    assert Case.objects.get().detail == ""


def test_unknown_kind_is_refused_with_the_text_kept(client: Any) -> None:
    page = send(client, {**FIELDS, "kind": "complaint"})
    assert page.status_code == 422 and "They say so." in page.content.decode()


@EVERY
def test_each_kind_has_its_own_promise(kind: Kind) -> None:
    people.place("GBDVR")
    case = people.case(kind=kind.key, about="GBDVR")
    assert case.due_at == NOW + kind.answer_within


def test_same_words_as_another_kind_are_another_case() -> None:
    assert people.case() != people.case(kind="proposal")


def test_link_chooses_the_kind_and_an_unknown_one_is_a_question(client: Any) -> None:
    for wanted, chosen in (("rumour_check", "rumour_check"), ("nonsense", "question"), ("", "question")):
        form = client.get("/en/ask/", {"kind": wanted}).context["form"]
        assert form["kind"].value() == chosen


def test_change_brings_back_kind_and_detail(client: Any) -> None:
    text = send(client, fields_for(KINDS["rumour_check"]), step="change").content.decode()
    assert 'value="On the quay"' in text
    assert AskForm(initial={"kind": "rumour_check"})["kind"].value() == "rumour_check"


def test_spans_are_told_in_hours_then_in_days() -> None:
    assert [kinds.spoken(KINDS[key].answer_within) for key in ("rumour_check", "question", "proposal")] == [
        "4 hours", "24 hours", "20 days",
    ]  # fmt: skip
    with translation.override("fr"):
        assert kinds.spoken(KINDS["proposal"].answer_within) == "20 jours"
