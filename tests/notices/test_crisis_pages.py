"""Headquarters' pages of crises: opened, changed, looked after and closed; nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from contacts.models import User
from notices.models import Crisis
from tests import make

pytestmark = pytest.mark.django_db
NEW = "/en/headquarters/crises/new/"
SITUATION = "The gates are flooded. Ships still work."


@pytest.fixture
def chief() -> User:
    return make.user("headquarters")


@pytest.fixture
def browser(chief: User) -> Client:
    return make.sign_in(Client(), chief)  # type: ignore[no-any-return]


def typed(**changes: Any) -> dict[str, Any]:
    make.place("ESVLC")
    return {"level": "crisis", "title_en": "Flood", "situation_en": SITUATION, "places": "Valencia", **changes}


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def path(crisis: Crisis) -> str:
    return f"/en/headquarters/crises/{crisis.reference}/"


def test_headquarters_opens_a_page_with_four_answers(browser: Client) -> None:
    answer = browser.post(NEW, typed(), follow=True)
    crisis = Crisis.objects.get()
    assert crisis.texts == {"en": {"title": "Flood", "situation": SITUATION}} and crisis.level == "crisis"
    assert [place.locode for place in crisis.places.all()] == ["ESVLC"]
    assert "The page is open" in text(answer) and f"/en/crisis/{crisis.reference}/" in text(answer)


def test_double_click_opens_one_page(browser: Client) -> None:
    (uid,) = re.findall(r'name="uid" value="([\w-]+)"', text(browser.get(NEW)))
    first, second = (browser.post(NEW, typed(uid=uid)) for _twice in range(2))
    assert first["Location"] == second["Location"] and Crisis.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"places": "Nowhere"}, "No place fits."),
        ({"places": "Valencia, Atlantis, ESALG"}, "“Atlantis”: No place fits."),
        ({"notices": "PD-1999-0001"}, "No notice with this number went out: PD-1999-0001."),
        ({"contacts": "only a name"}, "Write who, a colon, and how to reach them: “only a name”."),
        ({"partners": "Ferries ferries.example"}, "a whole address that begins with https://"),
        ({"partners": "A https://a.example/\nB https://a.example/"}, "This address stands there twice"),
        ({"title_fr": "Inondation"}, "Write both in this language, or neither."),
        ({"situation_es": "Nada."}, "Write both in this language, or neither."),
        ({"situation_en": "x" * 401}, "1 character too long"),
        ({"level": "normal"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_and_everything_typed_stays(
    browser: Client, changes: dict[str, str], words: str
) -> None:
    answer = browser.post(NEW, typed(**{"contacts": "Drivers: 112", **changes}))
    page = text(answer)
    assert answer.status_code == 422 and words in page and not Crisis.objects.exists()
    for value in typed(**{"contacts": "Drivers: 112", **changes}).values():
        assert value in page


def test_lists_are_typed_as_lines(browser: Client) -> None:
    lines = {"contacts": "Drivers’ line : +44 1632 960144\r\n\r\nDesk: desk@customs.example",
             "partners": "Ferry sailings https://ferries.example/a?b=1"}  # fmt: skip
    notice = make.issued(make.row(make.place("GBDVR"))).notice
    browser.post(NEW, typed(**lines, notices=f" {notice.reference.lower()},"))
    crisis = Crisis.objects.get()
    assert crisis.contacts == [["Drivers’ line", "+44 1632 960144"], ["Desk", "desk@customs.example"]]
    assert [(page.name, page.url) for page in crisis.partners.all()] == [
        ("Ferry sailings", "https://ferries.example/a?b=1")
    ]
    assert list(crisis.notices.all()) == [notice]
    page = text(browser.get(path(crisis)))
    assert "Drivers’ line: +44 1632 960144\nDesk: desk@customs.example" in page
    assert f'value="{notice.reference}"' in page


def test_second_of_two_editors_sees_what_stands_and_keeps_what_was_typed(browser: Client, chief: User) -> None:
    crisis = make.crisis(make.place("ESVLC"), by=chief)
    mine, other = make.sign_in(Client(), make.user("headquarters")), browser
    other.post(path(crisis), typed(seen=1, contacts="Drivers: 112"))
    answer = mine.post(path(crisis), typed(seen=1, situation_en="One lane is open."))
    page = text(answer)
    assert answer.status_code == 409 and "Somebody else changed this page." in page
    assert "Drivers: 112" in page and SITUATION in page and "One lane is open.</textarea>" in page
    crisis.refresh_from_db()
    assert crisis.situation == SITUATION
    (seen,) = re.findall(r'name="seen" value="(\d+)" id', page)
    assert mine.post(path(crisis), typed(seen=seen, situation_en="One lane is open.")).status_code == 302
    crisis.refresh_from_db()
    assert crisis.situation == "One lane is open."


def test_buttons_set_the_level_close_the_page_and_open_it_again(browser: Client, chief: User) -> None:
    crisis = make.crisis(level="watch", by=chief)
    for wanted, words in (
        ("crisis", "The level is Crisis"), ("watch", "The level is Watch"), ("normal", "The page is closed."),
        ("watch", "The level is Watch"),
    ):  # fmt: skip
        crisis.refresh_from_db()
        sent = {"level": wanted, "seen": crisis.edits}
        assert words in text(browser.post(f"{path(crisis)}level/", sent, follow=True))
    stale = browser.post(f"{path(crisis)}level/", {"level": "normal", "seen": 1}, follow=True)
    assert "decide again" in text(stale)
    for nonsense in ({}, {"level": "panic", "seen": "x"}):
        assert "This is not possible." in text(browser.post(f"{path(crisis)}level/", nonsense, follow=True))
    crisis.refresh_from_db()
    assert crisis.level == "watch"


def test_closed_page_offers_no_form_and_refuses_one_that_was_open_on_a_screen(browser: Client, chief: User) -> None:
    crisis = make.crisis(make.place("ESVLC"), by=chief)
    browser.post(f"{path(crisis)}level/", {"level": "normal", "seen": 1})
    assert "Its words stay as they are." in text(browser.get(path(crisis)))
    answer = browser.post(path(crisis), typed(seen=1, situation_en="All is well."))
    assert answer.status_code == 422 and "Set the level first" in text(answer)


def test_partner_page_is_marked_as_looked_at(browser: Client, chief: User) -> None:
    crisis = make.crisis(by=chief, at=make.in_hours(-30), partners=[("Coast guard", "https://coast.example/")])
    before = crisis.partners.get()
    assert "I looked at it now: Coast guard" in text(browser.get(path(crisis)))
    browser.post(f"{path(crisis)}partners/{before.pk}/")
    assert crisis.partners.get().checked_at > before.checked_at
    other = make.crisis(by=chief)
    assert browser.post(f"{path(other)}partners/{before.pk}/").status_code == 404


def test_typing_survives_a_session_that_ended(chief: User) -> None:
    browser = Client()
    crisis = make.crisis(make.place("ESVLC"), by=chief)
    for where, sent in ((NEW, typed()), (path(crisis), typed(seen=1, situation_en="One lane is open."))):
        assert "/accounts/login/" in browser.post(where, sent)["Location"]
    kept = dict(browser.session.items())
    browser = make.sign_in(Client(), chief)
    session = browser.session
    session.update(kept)
    session.save()
    for where, words in ((NEW, SITUATION), (path(crisis), "One lane is open.")):
        page = text(browser.get(where))
        assert words in page and "It is not saved yet." in page
        assert "It is not saved yet." not in text(browser.get(where))
    assert Crisis.objects.count() == 1


def test_opening_and_closing_ask_again_who_one_is_after_ten_minutes(chief: User) -> None:
    crisis = make.crisis(make.place("ESVLC"), by=chief)
    late = make.sign_in(Client(), chief, minutes_ago=60)
    for where, sent in ((NEW, typed()), (path(crisis), typed(seen=1, title_en="Storm")), (f"{path(crisis)}level/",
                        {"level": "normal", "seen": 1})):  # fmt: skip
        assert "reauthenticate" in late.post(where, sent)["Location"]
    crisis.refresh_from_db()
    assert crisis.title == "Flood" and crisis.is_open and Crisis.objects.count() == 1


def test_headquarters_page_tells_the_level_to_all_who_read_it_and_the_way_to_those_who_may(browser: Client) -> None:
    make.crisis(level="watch")
    auditor = make.sign_in(Client(), make.user("auditor"))
    for who, leads in ((browser, True), (auditor, False)):
        page = text(who.get("/en/headquarters/"))
        assert "<strong>Watch</strong>" in page
        assert ("/en/headquarters/crises/" in page) == leads
    assert "Flood" in text(browser.get("/en/headquarters/crises/"))
