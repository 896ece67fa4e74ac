"""The queue: its views and filters, its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from base.words import Role
from dialogue.cases import answers, assignment
from dialogue.cases.filters import VIEWS
from dialogue.cases.models import Case

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
QUEUE = reverse("case_queue")


@pytest.fixture
def cases(office: Any, officer: Any) -> dict[str, Case]:
    """One that I have, one that a colleague has, one late that nobody has, and a proposal."""
    people.place("GBDVR", office)
    made = {name: people.case(about="GBDVR", subject=name) for name in ("mine", "theirs", "late")}
    made["proposal"] = people.case(about="GBDVR", subject="proposal", kind="proposal")
    Case.objects.update(due_at=timezone.now() + timedelta(hours=5))
    Case.objects.filter(subject="late").update(due_at=timezone.now() - timedelta(hours=3, minutes=5))
    assignment.assign(made["mine"], to=officer, seen=None, by=officer, now=NOW)
    other = people.person(Role.OFFICER, office)
    assignment.assign(made["theirs"], to=other, seen=None, by=other, now=NOW)
    return made


def shown(page: Any) -> list[str]:
    return [case.subject for case in page.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"late", "mine", "theirs", "proposal"}),
        ({"view": "mine"}, {"mine"}),
        ({"view": "nobody"}, {"late", "proposal"}),
        ({"view": "late"}, {"late"}),
        ({"kind": "proposal"}, {"proposal"}),
        ({"view": "nobody", "kind": "question"}, {"late"}),
        ({"view": "nonsense", "kind": "nonsense", "page": "x"}, {"late", "mine", "theirs", "proposal"}),
    ],
)
def test_queue_shows_what_the_address_asks_for(
    client: Any, officer: Any, cases: dict[str, Case], query: dict[str, str], expected: set[str]
) -> None:
    client.force_login(officer)
    page = client.get(QUEUE, query)
    assert set(shown(page)) == expected
    assert shown(client.get(QUEUE))[0] == "late"  # what is due first stands on top


def test_each_view_says_how_many_wait_there(client: Any, officer: Any, cases: dict[str, Case]) -> None:
    client.force_login(officer)
    views = client.get(QUEUE).context["chosen"].views()
    assert {view.key: view.count for view in views} == {"all": 4, "mine": 1, "nobody": 2, "late": 1}
    assert [view.key for view in views] == list(VIEWS)
    narrowed = client.get(QUEUE, {"kind": "proposal", "view": "late"})
    assert {view.key: view.count for view in narrowed.context["chosen"].views()}["all"] == 1
    assert "None of the waiting questions is like that." in narrowed.content.decode()


def test_liaison_filters_by_office_and_by_none(client: Any, cases: dict[str, Case], office: Any) -> None:
    people.case(subject="homeless")
    people.place("ESALG", people.organisation())
    people.case(about="ESALG", subject="elsewhere")
    client.force_login(people.person(Role.LIAISON, people.organisation("administration")))
    assert set(shown(client.get(QUEUE, {"office": office.code}))) == {"late", "mine", "theirs", "proposal"}
    assert shown(client.get(QUEUE, {"office": "none"})) == ["homeless"]
    assert "office" in client.get(QUEUE).context["chosen"].form.fields


def test_officer_of_one_office_is_not_asked_which(client: Any, officer: Any, cases: dict[str, Case]) -> None:
    client.force_login(officer)
    assert list(client.get(QUEUE).context["chosen"].form.fields) == ["kind"]


def test_clock_says_how_late_or_how_long_and_until_when(client: Any, officer: Any, cases: dict[str, Case]) -> None:
    client.force_login(officer)
    text = client.get(QUEUE).content.decode()
    assert "3 h 5 min late" in text and "4 h 59 min left" in text and "UTC" in text
    detail = client.get(reverse("case_detail", args=[cases["late"].reference])).content.decode()
    assert "3 h 5 min late" in detail


def test_long_queue_comes_in_pages_that_keep_the_filter(
    client: Any, officer: Any, cases: dict[str, Case], monkeypatch: Any
) -> None:
    monkeypatch.setattr("dialogue.cases.views.desk.PAGE", 1)
    client.force_login(officer)
    page = client.get(QUEUE, {"view": "nobody"})
    assert len(shown(page)) == 1 and "?view=nobody&amp;page=2" in page.content.decode()
    assert shown(client.get(QUEUE, {"view": "nobody", "page": 2})) != shown(page)


def test_question_is_taken_from_the_queue(client: Any, officer: Any, cases: dict[str, Case]) -> None:
    client.force_login(officer)
    text = client.get(QUEUE, {"view": "nobody"}).content.decode()
    assert text.count('value="take"') == 2
    page = client.post(reverse("case_detail", args=[cases["late"].reference]), {"step": "take"}, follow=True)
    assert "You have it." in page.content.decode()


def test_what_was_answered_lately_follows_the_filter(client: Any, officer: Any, cases: dict[str, Case]) -> None:
    answers.answer(cases["proposal"], by=officer, text="Yes.", seen=1, now=NOW)
    client.force_login(officer)
    for query, shown in (({}, 1), ({"kind": "proposal"}, 1), ({"kind": "question"}, 0), ({"view": "late"}, 0)):
        assert len(client.get(QUEUE, query).context["done"]) == shown, query
